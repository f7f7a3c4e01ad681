//! The names that a function under construction may use.
//!
//! A variable's first letter tells its intended type. Variables come into being when a template asks for one; the
//! function's first lines, which give them values, are written when its body is known.

use fastrand::Rng;

/// What a variable or an expression is meant to be; a program may do otherwise now and then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Int,
    Float,
    Str,
    Bool,
    List,
    Tuple,
    Dict,
    Set,
    Object,
    Any,
}

impl Type {
    /// The type whose variables begin with `letter`.
    pub fn of_letter(letter: char) -> Option<Type> {
        Some(match letter {
            'i' => Type::Int,
            'f' => Type::Float,
            's' => Type::Str,
            'b' => Type::Bool,
            'l' => Type::List,
            't' => Type::Tuple,
            'd' => Type::Dict,
            'e' => Type::Set,
            'o' => Type::Object,
            'a' => Type::Any,
            _ => return None,
        })
    }

    /// The type of a variable of this name: a letter, then digits.
    fn of_name(name: &str) -> Option<Type> {
        let mut characters = name.chars();
        let of = characters.next().and_then(Type::of_letter)?;
        let rest = characters.as_str();
        (!rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit())).then_some(of)
    }

    /// What its variables begin with.
    pub fn letter(self) -> char {
        match self {
            Type::Int => 'i',
            Type::Float => 'f',
            Type::Str => 's',
            Type::Bool => 'b',
            Type::List => 'l',
            Type::Tuple => 't',
            Type::Dict => 'd',
            Type::Set => 'e',
            Type::Object => 'o',
            Type::Any => 'a',
        }
    }
}

/// The most variables of one type in one function.
const VARIABLES_OF_A_TYPE: usize = 3;

/// The names of one function.
#[derive(Debug, Default)]
pub struct Scope {
    /// Variables with values.
    variables: Vec<(String, Type)>,
    /// Variables that the first lines must still give values.
    pub needed: Vec<(String, Type)>,
    /// Names for a `global` statement.
    pub globals: Vec<String>,
    /// Names for a `nonlocal` statement.
    pub nonlocals: Vec<String>,
    /// Counters of the loops around the current place, the outermost first.
    pub counters: Vec<String>,
    /// Whether `break` and `continue` may stand here.
    pub in_loop: bool,
    /// Whether there is a `self`.
    pub has_self: bool,
    /// Whether names in it are locals of a function, which an inner function can close over.
    pub is_function: bool,
}

impl Scope {
    /// The scope of a function with this parameter list.
    pub fn of_parameters(list: &str) -> Scope {
        let mut scope = Scope {
            is_function: true,
            ..Scope::default()
        };
        for parameter in list.split(',') {
            let parameter = parameter.trim();
            let name = parameter.split(['=', ':']).next().unwrap_or(parameter);
            if name == "self" {
                scope.has_self = true;
            } else if let Some(of) = Type::of_name(name.trim_start_matches('*')) {
                scope
                    .variables
                    .push((name.trim_start_matches('*').to_string(), of));
            }
        }
        scope
    }

    /// A variable of this type, an old one or a new one.
    pub fn variable(&mut self, of: Type, rng: &mut Rng) -> String {
        let known: Vec<&String> = self.names_of(of).collect();
        if !known.is_empty() && (known.len() >= VARIABLES_OF_A_TYPE || rng.u32(0..10) < 7) {
            return known[rng.usize(0..known.len())].clone();
        }
        let taken = |name: &String| self.variables.iter().any(|(known, _)| known == name);
        let name = (1..)
            .map(|number| format!("{}{number}", of.letter()))
            .find(|name| !taken(name))
            .expect("numbers do not end");
        self.variables.push((name.clone(), of));
        self.needed.push((name.clone(), of));
        name
    }

    /// The variables of this type.
    pub fn names_of(&self, of: Type) -> impl Iterator<Item = &String> {
        self.variables
            .iter()
            .filter(move |(_, known)| *known == of)
            .map(|(name, _)| name)
    }

    /// All variables.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.variables.iter().map(|(name, _)| name)
    }

    /// Makes `name` a variable of the function around, which this one changes.
    pub fn close_over(&mut self, name: &str, of: Type) {
        if !self.names().any(|known| known == name) {
            self.variables.push((name.to_string(), of));
            self.nonlocals.push(name.to_string());
        }
    }
}
