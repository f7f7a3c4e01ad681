//! What the templates' placeholders mean.
//!
//! `$i $f $s $b $l $t $d $e $o $a`: an expression: int, float, str, bool, list, tuple, dict, set, object, anything.
//! `$I $F …`: a variable of that type. `$c`, `$h`: the counter of the innermost loop, of the outermost. `$k` a small
//! int, `$K` one near a power of two, `$m` a divisor, `$n` how often a loop goes round, `$r` a number that the hot
//! counter reaches once, `$u` the number of the unit, `$C` a class, `$G` a global int that is assigned, `$q` a call, `$j` an int
//! that does not grow from round to round.
//! `$1` to `$9`: a fresh name, the same in the whole template; `${1:I}`: a variable, called `$1` from then on.
//!
//! A line of its own: `${block}` statements; `${body 1}` the statements of a loop whose counter is `$1`, `${body 1 90}` that goes round 90 times; `${loops}` hot
//! loops; `${change}` something that traces rely on changes; `${functions}`, `${classes}` are definitions. `${all}`
//! is a tuple of all variables, `${many}` gives values to more than 256. `def` opens a scope; its parameters' first letters are their types.

use super::scope::{Scope, Type};
use super::{Generator, changes, expressions};

/// What `$1` to `$9` stand for in the template that is being expanded.
type Fresh = [Option<String>; 10];

impl Generator {
    /// A template's lines.
    pub fn lines(&mut self, template: &str) -> Vec<String> {
        let lines: Vec<&str> = template.lines().collect();
        self.expand_lines(&lines, &mut Fresh::default(), None)
    }

    /// The lines of a loop's template that goes round `trips` times.
    pub fn loop_lines(&mut self, template: &str, trips: u64) -> Vec<String> {
        let lines: Vec<&str> = template.lines().collect();
        self.expand_lines(&lines, &mut Fresh::default(), Some(trips))
    }

    /// A template of one line, an expression.
    pub fn inline(&mut self, template: &str) -> String {
        self.expand(template, &mut Fresh::default(), None)
    }

    fn expand_lines(
        &mut self,
        lines: &[&str],
        fresh: &mut Fresh,
        trips: Option<u64>,
    ) -> Vec<String> {
        let mut written = Vec::new();
        let mut rest = lines;
        while let Some((line, behind)) = rest.split_first() {
            rest = behind;
            let content = line.trim_start();
            let indent = &line[..line.len() - content.len()];
            if content.starts_with("def ") || content.starts_with("async def ") {
                let deeper = behind
                    .iter()
                    .take_while(|line| indent_of(line) > indent.len() || line.is_empty())
                    .count();
                let (body, after) = behind.split_at(deeper);
                rest = after;
                let head = self.expand(content, fresh, trips);
                let body = self.function_body(&head, body, fresh);
                written.push(format!("{indent}{head}"));
                written.extend(body.iter().map(|line| format!("{indent}{line}")));
                continue;
            }
            if self.declares(content, fresh) {
                continue;
            }
            let nested = match content {
                "${block}" => self.block(),
                "${loops}" => self.hot_loops(),
                "${change}" => self.change(),
                "${functions}" => self.functions(),
                "${classes}" => self.classes(),
                _ => match content.strip_prefix("${body ") {
                    Some(arguments) => {
                        let numbers = arguments.trim_end_matches('}').split(' ');
                        let mut numbers = numbers.filter_map(|number| number.parse::<u64>().ok());
                        let slot = numbers.next().unwrap_or(1) as usize;
                        let trips = numbers.next().or(trips).unwrap_or(1);
                        let counter = self.fresh_of(slot, fresh);
                        self.loop_body(&counter, trips)
                    }
                    None => vec![self.expand(content, fresh, trips)],
                },
            };
            written.extend(nested.iter().map(|line| format!("{indent}{line}")));
        }
        written
    }

    /// Whether a line declares names as `global` or `nonlocal`; the function's first lines will say so.
    fn declares(&mut self, line: &str, fresh: &mut Fresh) -> bool {
        let (keyword, names) = line.split_once(' ').unwrap_or((line, ""));
        if keyword != "global" && keyword != "nonlocal" {
            return false;
        }
        let name = self.expand(names, fresh, None);
        let scope = self.scope();
        if keyword == "nonlocal" {
            scope.close_over(&name, Type::Int);
        } else if !scope.globals.contains(&name) {
            scope.globals.push(name);
        }
        true
    }

    /// The lines below a `def`, indented: declarations, first values, body.
    fn function_body(&mut self, head: &str, body: &[&str], fresh: &mut Fresh) -> Vec<String> {
        let parameters = head.split_once('(').map_or("", |(_, list)| list);
        let parameters = parameters.rsplit_once(')').map_or("", |(list, _)| list);
        let mut scope = Scope::of_parameters(parameters);
        let around = self.scope();
        if around.is_function {
            // An inner function sees the self of the method around it.
            scope.has_self |= around.has_self;
            let captured: Vec<(String, Type)> = [Type::Int, Type::Str, Type::List]
                .into_iter()
                .flat_map(|of| around.names_of(of).map(move |name| (name.clone(), of)))
                .collect();
            for (name, of) in captured {
                if self.one_in(3) {
                    scope.close_over(&name, of);
                }
            }
        }
        self.scopes.push(scope);
        let mut written = self.expand_lines(body, fresh, None);
        let scope = self.scopes.pop().expect("it was pushed");
        let first = self.first_lines(scope);
        let indent = written
            .iter()
            .find(|line| !line.is_empty())
            .map_or(4, |line| indent_of(line));
        let indent = " ".repeat(indent);
        written.splice(0..0, first.iter().map(|line| format!("{indent}{line}")));
        written
    }

    /// Declarations and first values of a function's variables.
    pub fn first_lines(&mut self, scope: Scope) -> Vec<String> {
        let mut lines = Vec::new();
        if !scope.globals.is_empty() {
            lines.push(format!("global {}", scope.globals.join(", ")));
        }
        if !scope.nonlocals.is_empty() {
            lines.push(format!("nonlocal {}", scope.nonlocals.join(", ")));
        }
        for (name, of) in scope.needed {
            let value = self.first_value(of);
            lines.push(format!("{name} = {value}"));
            // A variable without a value is a program that raises.
            if self.one_in(1000) {
                lines.push(format!("del {name}"));
            }
        }
        lines
    }

    fn fresh_of(&mut self, index: usize, fresh: &mut Fresh) -> String {
        let index = index.min(9);
        if let Some(name) = &fresh[index] {
            return name.clone();
        }
        let name = self.fresh_name();
        fresh[index] = Some(name.clone());
        name
    }

    fn expand(&mut self, text: &str, fresh: &mut Fresh, trips: Option<u64>) -> String {
        let mut written = String::new();
        let mut rest = text;
        while let Some(place) = rest.find('$') {
            written.push_str(&rest[..place]);
            rest = &rest[place + 1..];
            if let Some(inside) = rest.strip_prefix('{') {
                let (word, behind) = inside
                    .split_once('}')
                    .expect("a placeholder's brace closes");
                rest = behind;
                written.push_str(&self.placeholder_word(word, fresh));
                continue;
            }
            let letter = rest.chars().next().expect("a placeholder has a letter");
            rest = &rest[letter.len_utf8()..];
            match letter {
                'n' => written.push_str(&trips.unwrap_or(3).to_string()),
                '1'..='9' => {
                    let name = self.fresh_of(letter as usize - '0' as usize, fresh);
                    written.push_str(&name);
                }
                _ => written.push_str(&self.placeholder(letter)),
            }
        }
        written.push_str(rest);
        written
    }

    fn placeholder_word(&mut self, word: &str, fresh: &mut Fresh) -> String {
        if let Some((slot, letter)) = word.split_once(':') {
            let slot: usize = slot.parse().expect("a slot is a digit");
            let value = self.placeholder(letter.chars().next().expect("a letter is given"));
            fresh[slot] = Some(value.clone());
            return value;
        }
        match word {
            "all" => {
                let names: Vec<&String> = self.scope().names().collect();
                match names.as_slice() {
                    [] => "()".to_string(),
                    names => format!(
                        "({},)",
                        names
                            .iter()
                            .map(|name| name.as_str())
                            .collect::<Vec<_>>()
                            .join(", ")
                    ),
                }
            }
            "many" => {
                let names: Vec<String> = (0..270).map(|number| format!("n{number} =")).collect();
                format!("{} 1", names.join(" "))
            }
            "rare" => format!("{} == {}", self.placeholder('h'), self.placeholder('r')),
            _ => panic!("no placeholder is called {word}"),
        }
    }

    fn placeholder(&mut self, letter: char) -> String {
        if let Some(of) = Type::of_letter(letter) {
            return self.expression(of);
        }
        if let Some(of) = Type::of_letter(letter.to_ascii_lowercase())
            && letter != 'C'
        {
            return self.variable(of);
        }
        match letter {
            'c' | 'h' => {
                let counters = &self.scope().counters;
                let counter = if letter == 'c' {
                    counters.last()
                } else {
                    counters.first()
                };
                match counter.cloned() {
                    Some(counter) => counter,
                    None => self.variable(Type::Int),
                }
            }
            'k' => self.rng.u32(0..10).to_string(),
            'm' => self.rng.u32(2..10).to_string(),
            'r' => self.rng.u32(15..70).to_string(),
            'K' => self.pick(expressions::LARGE).to_string(),
            'u' => self.unit.to_string(),
            'C' => format!(
                "C{}_{}",
                self.unit,
                self.rng.u32(0..super::classes::CLASSES)
            ),
            'G' => {
                let letter = self.pick(&["a", "b"]);
                let name = format!("g{}{letter}", self.unit);
                let scope = self.scope();
                if !scope.globals.contains(&name) {
                    scope.globals.push(name.clone());
                }
                name
            }
            'q' => self.call(),
            'j' => self.kept_int(),
            _ => panic!("no placeholder is called {letter}"),
        }
    }

    /// Something that traces rely on changes, once.
    fn change(&mut self) -> Vec<String> {
        loop {
            let template = self.weighted(changes::CHANGES);
            let scope = self.scope();
            let fits = match template {
                "break" | "continue" => scope.in_loop,
                "return ${all}" => scope.is_function,
                _ => true,
            };
            if fits {
                return self.lines(template);
            }
        }
    }
}

/// How many blanks a line begins with.
fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start().len()
}
