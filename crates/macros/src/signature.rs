//! The text of a signature, as CPython writes it in `__text_signature__`.

/// How a parameter takes its argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Before `/`.
    PositionalOnly,
    /// By position or by name.
    Positional,
    /// `*name`.
    VarArgs,
    /// After `*` or `*name`.
    KeywordOnly,
    /// `**name`.
    VarKeywords,
}

/// One Python parameter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Param {
    /// The Python name.
    pub name: String,
    /// How it takes its argument.
    pub kind: Kind,
    /// The text after `=`.
    pub default: Option<String>,
}

/// The parameters a signature names, without the receiver.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Signature {
    /// The receiver the text names, `$self`.
    pub receiver: Option<String>,
    /// The parameters in order.
    pub params: Vec<Param>,
}

impl Signature {
    /// Reads a signature text.
    pub fn parse(text: &str) -> Result<Signature, String> {
        let inner = text
            .trim()
            .strip_prefix('(')
            .and_then(|rest| rest.strip_suffix(')'))
            .ok_or("a signature is written in parentheses: \"($self, value, /)\"")?;
        let mut signature = Signature::default();
        let mut kind = Kind::Positional;
        for (index, part) in split(inner)?.into_iter().enumerate() {
            signature.add(index, part, &mut kind)?;
        }
        Ok(signature)
    }

    fn add(&mut self, index: usize, part: &str, kind: &mut Kind) -> Result<(), String> {
        if part.starts_with('$') {
            if index != 0 {
                return Err(format!("{part} stands first"));
            }
            self.receiver = Some(part.to_owned());
        } else if part == "/" {
            if *kind != Kind::Positional
                || self
                    .params
                    .iter()
                    .any(|param| param.kind == Kind::PositionalOnly)
            {
                return Err("`/` stands once and before `*`".to_owned());
            }
            self.params
                .iter_mut()
                .for_each(|param| param.kind = Kind::PositionalOnly);
        } else if part == "*" {
            if *kind != Kind::Positional {
                return Err("`*` stands once".to_owned());
            }
            *kind = Kind::KeywordOnly;
        } else if let Some(name) = part.strip_prefix("**") {
            self.push(name, Kind::VarKeywords)?;
            *kind = Kind::VarKeywords;
        } else if let Some(name) = part.strip_prefix('*') {
            if *kind != Kind::Positional {
                return Err("`*` stands once".to_owned());
            }
            self.push(name, Kind::VarArgs)?;
            *kind = Kind::KeywordOnly;
        } else if *kind == Kind::VarKeywords {
            return Err("nothing follows `**`".to_owned());
        } else {
            self.push(part, *kind)?;
        }
        Ok(())
    }

    fn push(&mut self, part: &str, kind: Kind) -> Result<(), String> {
        let (name, default) = match part.split_once('=') {
            Some((name, default)) => (name.trim(), Some(default.trim().to_owned())),
            None => (part, None),
        };
        let valid = !name.is_empty()
            && !name.starts_with(|first: char| first.is_ascii_digit())
            && name
                .chars()
                .all(|char| char.is_alphanumeric() || char == '_');
        if !valid {
            return Err(format!("`{name}` is not a parameter name"));
        }
        if self.params.iter().any(|param| param.name == name) {
            return Err(format!("`{name}` stands twice"));
        }
        let after_default =
            kind == Kind::Positional && self.params.iter().any(|param| param.default.is_some());
        if after_default && default.is_none() {
            return Err(format!(
                "`{name}` has no default, but a parameter before it has"
            ));
        }
        self.params.push(Param {
            name: name.to_owned(),
            kind,
            default,
        });
        Ok(())
    }

    /// Whether every parameter is given by position alone.
    pub fn positional_only(&self) -> bool {
        self.params
            .iter()
            .all(|param| matches!(param.kind, Kind::PositionalOnly | Kind::VarArgs))
    }

    /// Whether there is a parameter of `kind`.
    pub fn has(&self, kind: Kind) -> bool {
        self.params.iter().any(|param| param.kind == kind)
    }

    /// The text, with the receiver put first: the one that was named, or else `receiver`.
    pub fn text(&self, receiver: Option<&str>) -> String {
        let receiver = receiver.map(|receiver| self.receiver.as_deref().unwrap_or(receiver));
        let mut parts: Vec<String> = receiver.map(str::to_owned).into_iter().collect();
        // The receiver is positional-only, so `/` follows it where no other such parameter does.
        let mut previous = receiver.map(|_| Kind::PositionalOnly);
        for param in &self.params {
            if previous == Some(Kind::PositionalOnly) && param.kind != Kind::PositionalOnly {
                parts.push("/".to_owned());
            }
            let starred = matches!(previous, Some(Kind::VarArgs | Kind::KeywordOnly));
            if param.kind == Kind::KeywordOnly && !starred {
                parts.push("*".to_owned());
            }
            let stars = match param.kind {
                Kind::VarArgs => "*",
                Kind::VarKeywords => "**",
                _ => "",
            };
            let default = param
                .default
                .as_ref()
                .map_or_else(String::new, |default| format!("={default}"));
            parts.push(format!("{stars}{}{default}", param.name));
            previous = Some(param.kind);
        }
        if previous == Some(Kind::PositionalOnly) {
            parts.push("/".to_owned());
        }
        format!("({})", parts.join(", "))
    }
}

/// Splits at the commas that are not inside brackets or quotes.
fn split(text: &str) -> Result<Vec<&str>, String> {
    let mut parts = Vec::new();
    let (mut depth, mut quote, mut escaped, mut start) = (0u32, None, false, 0);
    for (index, char) in text.char_indices() {
        if let Some(open) = quote {
            match char {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                _ if char == open => quote = None,
                _ => {}
            }
            continue;
        }
        match char {
            '\'' | '"' => quote = Some(char),
            '(' | '[' | '{' | '<' => depth += 1,
            ')' | ']' | '}' | '>' => {
                depth = depth
                    .checked_sub(1)
                    .ok_or("a bracket closes that was not opened")?
            }
            ',' if depth == 0 => {
                parts.push(text[start..index].trim());
                start = index + 1;
            }
            _ => {}
        }
    }
    if depth != 0 || quote.is_some() {
        return Err("a bracket or a quote is not closed".to_owned());
    }
    let last = text[start..].trim();
    if !last.is_empty() {
        parts.push(last);
    }
    if parts.contains(&"") {
        return Err("a parameter is missing between commas".to_owned());
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(String, Kind, Option<String>)> {
        let signature = Signature::parse(text).expect("a valid signature");
        signature
            .params
            .into_iter()
            .map(|param| (param.name, param.kind, param.default))
            .collect()
    }

    #[test]
    fn kinds_and_defaults_follow_the_marks() {
        let found = kinds("($self, a, b=(1, 2), /, c=', ', *, d, **rest)");
        let expected = [
            ("a", Kind::PositionalOnly, None),
            ("b", Kind::PositionalOnly, Some("(1, 2)")),
            ("c", Kind::Positional, Some("', '")),
            ("d", Kind::KeywordOnly, None),
            ("rest", Kind::VarKeywords, None),
        ];
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(name, kind, default)| (name.to_owned(), kind, default.map(str::to_owned)))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_text_is_written_as_it_was_read() {
        for text in [
            "($self, a, b=1, /)",
            "($self, /, *args, **kwargs)",
            "($self, /, a, *, b=None)",
            "($self, a, /, *args, b=1)",
            "($self, /)",
        ] {
            let signature = Signature::parse(text).expect("a valid signature");
            assert_eq!(signature.text(Some("$self")), text);
        }
    }

    #[test]
    fn mistakes_are_named() {
        for text in [
            "a, b",
            "(a, $self)",
            "(*, a, *)",
            "(a=1, b)",
            "(a, a)",
            "(**k, a)",
            "(a-b)",
            "((a)",
            "(a,,b)",
        ] {
            assert!(Signature::parse(text).is_err(), "{text}");
        }
    }
}
