//! Bases as classes, and the method resolution order over them: C3 linearization.

use crate::class::Type;
use crate::raised::PyResult;
use crate::tuple::Tuple;
use crate::value::Ref;

/// A tuple of bases as classes; raises TypeError for anything else.
pub(super) fn bases_of(bases: &Ref<Tuple>) -> PyResult<Vec<Ref<Type>>> {
    bases
        .tail()
        .iter()
        .map(|base| match base.downcast::<Type>() {
            Some(class) => Ok(class.clone()),
            None => bail!(TypeError, "bases must be types"),
        })
        .collect()
}

/// The MRO of a class with these bases: the class itself is not in it yet.
pub(super) fn linearize(name: &str, bases: &[Ref<Type>]) -> PyResult<Vec<Ref<Type>>> {
    if let [base] = bases {
        return Ok(classes_of(base));
    }
    for (index, base) in bases.iter().enumerate() {
        if bases[..index].iter().any(|earlier| earlier.is(base)) {
            bail!(TypeError, "duplicate base class {}", base.name());
        }
    }
    let mut sequences: Vec<Vec<Ref<Type>>> = bases.iter().map(classes_of).collect();
    sequences.push(bases.to_vec());
    let mut heads = vec![0; sequences.len()];
    let mut result: Vec<Ref<Type>> = Vec::new();
    let _ = name;
    loop {
        let mut finished = true;
        let mut chosen = None;
        for (sequence, &head) in sequences.iter().zip(&heads) {
            let Some(candidate) = sequence.get(head) else {
                continue;
            };
            finished = false;
            let in_a_tail = sequences
                .iter()
                .zip(&heads)
                .any(|(other, &head)| other.iter().skip(head + 1).any(|class| class.is(candidate)));
            if !in_a_tail {
                chosen = Some(candidate.clone());
                break;
            }
        }
        if finished {
            return Ok(result);
        }
        let Some(chosen) = chosen else {
            let mut names: Vec<String> = Vec::new();
            for (sequence, &head) in sequences.iter().zip(&heads) {
                if let Some(class) = sequence.get(head)
                    && let name = class.name_object().to_display().into_owned()
                    && !names.contains(&name)
                {
                    names.push(name);
                }
            }
            bail!(
                TypeError,
                "Cannot create a consistent method resolution order (MRO) for bases {}",
                names.join(", ")
            );
        };
        for (sequence, head) in sequences.iter().zip(&mut heads) {
            if sequence.get(*head).is_some_and(|class| class.is(&chosen)) {
                *head += 1;
            }
        }
        result.push(chosen);
    }
}

fn classes_of(class: &Ref<Type>) -> Vec<Ref<Type>> {
    class
        .mro()
        .tail()
        .iter()
        .filter_map(|item| item.downcast::<Type>().cloned())
        .collect()
}
