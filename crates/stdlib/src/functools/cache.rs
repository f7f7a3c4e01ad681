//! `_lru_cache_wrapper`: what `lru_cache` puts around a function.
//!
//! The cache is a dict whose order is the order of use: a hit moves its key to the end, and when the cache is full the first
//! key goes. The wrapped function may call the wrapper again, so after a call the cache is looked at anew.

use std::cell::Cell;

use taipan_macros::{class, methods};
use taipan_objects::args::{Args, Bound, ParamSpec};
use taipan_objects::bail;
use taipan_objects::class::{Payload, Type};
use taipan_objects::descriptors::BoundMethod;
use taipan_objects::dict::Dict;
use taipan_objects::heap;
use taipan_objects::id;
use taipan_objects::int;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};

/// The payload of cached functions.
#[class(
    name = "_lru_cache_wrapper",
    module = "functools",
    doc = "A callable that remembers what another function answered.\n\nuser_function:      the function\nmaxsize:            0 for no memory, None for memory without bounds, else how many answers are kept\ntyped:              False keeps f(3) and f(3.0) as one answer\ncache_info_type:    the namedtuple class with the fields hits, misses, currsize, and maxsize",
    flags(ATTRIBUTES, WEAKREFABLE, BASETYPE, METHOD_DESCRIPTOR)
)]
pub struct LruCache {
    function: Value,
    /// How many answers are kept; `None` for no bound.
    #[untraced]
    max_size: Option<usize>,
    #[untraced]
    typed: bool,
    info_class: Value,
    cache: Ref<Dict>,
    /// Stands between positional and keyword arguments in keys.
    keyword_mark: Value,
    #[untraced]
    hits: Cell<usize>,
    #[untraced]
    misses: Cell<usize>,
}

const NEW: ParamSpec = ParamSpec {
    function: "lru_cache",
    names: &["user_function", "maxsize", "typed", "cache_info_type"],
    positional_only: 0,
    positional: 4,
    required: &[true, true, true, true],
    varargs: false,
    varkw: false,
};

impl LruCache {
    /// What a call is remembered by.
    fn key(&self, args: Args<'_>) -> Value {
        if !self.typed
            && args.names().is_empty()
            && let [only] = args.positional()
            && (only.as_small_int().is_some()
                || only.downcast_exact::<Str>().is_some()
                || only.class().is(int::Int::class()))
        {
            // Ints and strings equal nothing but their like: they need no tuple around them.
            return only.clone();
        }
        let mut parts = args.positional().to_vec();
        if !args.names().is_empty() {
            parts.push(self.keyword_mark.clone());
            for (name, value) in args.keywords() {
                parts.push(name.to_value());
                parts.push(value.clone());
            }
        }
        if self.typed {
            parts.extend(args.values().iter().map(|value| value.class().to_value()));
        }
        Tuple::new(parts).into_value()
    }

    fn count(counter: &Cell<usize>) {
        counter.set(counter.get() + 1);
    }

    fn call_bounded(&self, args: Args<'_>, max_size: usize) -> PyResult<Value> {
        let key = self.key(args);
        let hash = protocol::hash(&key)?;
        if let Some(answer) = self.cache.move_to_end(&key, hash)? {
            LruCache::count(&self.hits);
            return Ok(answer);
        }
        LruCache::count(&self.misses);
        let answer = protocol::call(&self.function, args)?;
        // A call of the wrapper within the function may have remembered the same.
        if self.cache.get_known_hash(&key, hash)?.is_some() {
            return Ok(answer);
        }
        let oldest = if self.cache.len() >= max_size {
            self.cache.pop_first()
        } else {
            None
        };
        self.cache.set_known_hash(key, hash, answer.clone())?;
        drop(oldest);
        Ok(answer)
    }

    fn call_unbounded(&self, args: Args<'_>) -> PyResult<Value> {
        let key = self.key(args);
        let hash = protocol::hash(&key)?;
        if let Some(answer) = self.cache.get_known_hash(&key, hash)? {
            LruCache::count(&self.hits);
            return Ok(answer);
        }
        LruCache::count(&self.misses);
        let answer = protocol::call(&self.function, args)?;
        self.cache.set_known_hash(key, hash, answer.clone())?;
        Ok(answer)
    }
}

#[methods]
impl LruCache {
    #[new(nosig)]
    fn make(class: &Ref<Type>, args: Args<'_>) -> PyResult<Ref<LruCache>> {
        let bound: Bound<'_, 4> = NEW.bind(args)?;
        let [
            Some(function),
            Some(max_size),
            Some(typed),
            Some(info_class),
        ] = bound.values
        else {
            bail!(TypeError, "lru_cache() missing required argument");
        };
        if !protocol::is_callable(function) {
            bail!(TypeError, "the first argument must be callable");
        }
        let max_size = if max_size.is_none() {
            None
        } else if max_size.class().slots.index.get().is_some() {
            Some(int::as_isize(max_size)?.max(0) as usize)
        } else {
            bail!(TypeError, "maxsize should be integer or None");
        };
        let payload = LruCache {
            function: function.clone(),
            max_size,
            typed: protocol::is_true(typed)?,
            info_class: info_class.clone(),
            cache: Dict::new(),
            keyword_mark: taipan_objects::object::Object::new_instance(
                taipan_objects::object::Object::class(),
            )
            .into_value(),
            hits: Cell::new(0),
            misses: Cell::new(0),
        };
        Ok(heap::new_object(class, payload))
    }

    #[slot(call)]
    fn call(&self, args: Args<'_>) -> PyResult<Value> {
        match self.max_size {
            Some(0) => {
                LruCache::count(&self.misses);
                protocol::call(&self.function, args)
            }
            Some(max_size) => self.call_bounded(args, max_size),
            None => self.call_unbounded(args),
        }
    }

    #[slot(descr_get)]
    fn descr_get(
        this: &Ref<LruCache>,
        instance: Option<&Value>,
        _owner: Option<&Value>,
    ) -> PyResult<Value> {
        match instance.filter(|instance| !instance.is_none()) {
            Some(instance) => Ok(BoundMethod::new(this.to_value(), instance.clone()).into_value()),
            None => Ok(this.to_value()),
        }
    }

    /// How often the memory helped, and how full it is.
    #[method]
    fn cache_info(&self) -> PyResult<Value> {
        let max_size = self.max_size.map_or(Value::NONE, int::from_usize);
        let values = [
            int::from_usize(self.hits.get()),
            int::from_usize(self.misses.get()),
            max_size,
            int::from_usize(self.cache.len()),
        ];
        protocol::call_positional(&self.info_class, &values)
    }

    /// Forget all answers and start to count anew.
    #[method]
    fn cache_clear(&self) {
        self.hits.set(0);
        self.misses.set(0);
        self.cache.clear_all();
    }

    #[method]
    fn __reduce__(this: &Ref<LruCache>) -> PyResult<Value> {
        protocol::getattr(this.as_value(), id!("__qualname__"))
    }

    #[method(nosig)]
    fn __copy__(this: &Ref<LruCache>) -> Value {
        this.to_value()
    }

    #[method(nosig)]
    fn __deepcopy__(this: &Ref<LruCache>, _memo: &Value) -> Value {
        this.to_value()
    }
}
