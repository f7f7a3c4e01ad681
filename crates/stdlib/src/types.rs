//! `_types`: the classes that `types` names and that have no name elsewhere.

use taipan_interp::async_generator::AsyncGenerator;
use taipan_interp::code::Code;
use taipan_interp::frame_object::FrameObject;
use taipan_interp::function::Function;
use taipan_interp::generator::{Coroutine, Generator};
use taipan_macros::define_module;
use taipan_objects::builtins;
use taipan_objects::cell_object::CellObject;
use taipan_objects::class::{Payload, Type};
use taipan_objects::descriptors::BoundMethod;
use taipan_objects::generic_alias::GenericAlias;
use taipan_objects::mapping_proxy::MappingProxy;
use taipan_objects::module::Module;
use taipan_objects::native::{
    ClassMethodDescriptor, GetSetDescriptor, MemberDescriptor, MethodDescriptor, MethodWrapper,
    NativeFunction, SlotWrapper,
};
use taipan_objects::raised::PyResult;
use taipan_objects::simple_namespace::SimpleNamespace;
use taipan_objects::traceback::Traceback;
use taipan_objects::union::Union;
use taipan_objects::value::Ref;

use crate::capsule::Capsule;

define_module!(
    name = "_types",
    doc = "Define names for built-in types.",
    init = fill
);

fn fill(module: &Ref<Module>) -> PyResult<()> {
    let classes: [(&str, &'static Ref<Type>); 27] = [
        ("AsyncGeneratorType", AsyncGenerator::class()),
        ("BuiltinFunctionType", NativeFunction::class()),
        ("BuiltinMethodType", NativeFunction::class()),
        ("CapsuleType", Capsule::init_class()),
        ("CellType", CellObject::class()),
        ("ClassMethodDescriptorType", ClassMethodDescriptor::class()),
        ("CodeType", Code::class()),
        ("CoroutineType", Coroutine::class()),
        ("EllipsisType", builtins::ellipsis_class()),
        ("FrameType", FrameObject::class()),
        ("FunctionType", Function::class()),
        ("GeneratorType", Generator::class()),
        ("GenericAlias", GenericAlias::class()),
        ("GetSetDescriptorType", GetSetDescriptor::class()),
        ("LambdaType", Function::class()),
        ("MappingProxyType", MappingProxy::class()),
        ("MemberDescriptorType", MemberDescriptor::class()),
        ("MethodDescriptorType", MethodDescriptor::class()),
        ("MethodType", BoundMethod::class()),
        ("MethodWrapperType", MethodWrapper::class()),
        ("ModuleType", Module::class()),
        ("NoneType", builtins::none_class()),
        ("NotImplementedType", builtins::not_implemented_class()),
        ("SimpleNamespace", SimpleNamespace::class()),
        ("TracebackType", Traceback::class()),
        ("UnionType", Union::class()),
        ("WrapperDescriptorType", SlotWrapper::class()),
    ];
    for (name, class) in classes {
        module.set(name, class);
    }
    Ok(())
}
