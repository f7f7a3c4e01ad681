//! Makes a program smaller that differs in a mode: statements go as long as it still differs.
//!
//! Lines and their indentation are all that is known of the program. What is no program any more says the same in
//! every mode, so it is never kept.

use std::path::Path;
use std::time::{Duration, Instant};

use super::modes::{self, Mode};
use crate::Failure;
use crate::taipan::Interpreter;

struct Shrinker<'a> {
    taipan: &'a Interpreter,
    mode: &'a Mode,
    /// Where candidates are written.
    file: &'a Path,
    deadline: Instant,
    /// Whether what was found is that the program does not end.
    hangs: bool,
    /// The smallest program so far that differs.
    lines: Vec<String>,
}

/// The smallest program that was found in `time`.
pub fn shrink(
    taipan: &Interpreter,
    program: &str,
    mode: &Mode,
    time: Duration,
    file: &Path,
) -> Result<String, Failure> {
    let mut shrinker = Shrinker {
        taipan,
        mode,
        file,
        deadline: Instant::now() + time,
        hangs: false,
        lines: program.lines().map(str::to_string).collect(),
    };
    std::fs::write(file, program)?;
    shrinker.hangs = mode.run(taipan, file, modes::LIMIT)?.timed_out();
    loop {
        let before = shrinker.lines.len();
        shrinker.remove_blocks()?;
        shrinker.unwrap_blocks()?;
        shrinker.simplify_lines()?;
        if shrinker.lines.len() >= before || shrinker.is_late() {
            break;
        }
    }
    std::fs::remove_file(file)?;
    let mut small = shrinker.lines.join("\n");
    small.push('\n');
    Ok(small)
}

impl Shrinker<'_> {
    fn is_late(&self) -> bool {
        Instant::now() > self.deadline
    }

    /// Keeps `lines` if that program differs.
    fn keeps(&mut self, lines: Vec<String>) -> Result<bool, Failure> {
        let mut text = lines.join("\n");
        text.push('\n');
        std::fs::write(self.file, text)?;
        // A loop that lost its end is no smaller finding, unless that is what was found.
        let limit = Duration::from_secs(3);
        let baseline = modes::BASELINE.run(self.taipan, self.file, limit)?;
        if self.mode.is_baseline() {
            let differs = baseline.is_broken().is_some()
                && baseline.timed_out() == self.hangs
                && !baseline.stderr.contains("SyntaxError")
                && !baseline.stderr.contains("Traceback");
            if differs {
                self.lines = lines;
            }
            return Ok(differs);
        }
        if baseline.timed_out() {
            return Ok(false);
        }
        let outcome = self.mode.run(self.taipan, self.file, limit)?;
        let differs = outcome.timed_out() == self.hangs && baseline.difference(&outcome).is_some();
        if differs {
            self.lines = lines;
        }
        Ok(differs)
    }

    /// Removes statements with what is below them: many at once, then fewer, the outermost first.
    fn remove_blocks(&mut self) -> Result<(), Failure> {
        let mut level = 0;
        while level <= 12 {
            let mut size = self.blocks(level).len().max(1);
            loop {
                let mut start = 0;
                loop {
                    let blocks = self.blocks(level);
                    if start >= blocks.len() || self.is_late() {
                        break;
                    }
                    let end = (start + size).min(blocks.len());
                    if !self.removes(&blocks[start..end])? {
                        start = end;
                    }
                }
                if size == 1 {
                    break;
                }
                size = size.div_ceil(2);
            }
            level += 1;
        }
        Ok(())
    }

    fn removes(&mut self, blocks: &[(usize, usize)]) -> Result<bool, Failure> {
        let is_in = |index: usize| {
            blocks
                .iter()
                .any(|(from, to)| (*from..*to).contains(&index))
        };
        let kept = |index: &usize| !is_in(*index);
        let without: Vec<String> = (0..self.lines.len())
            .filter(kept)
            .map(|index| self.lines[index].clone())
            .collect();
        if without.is_empty() {
            return Ok(false);
        }
        if self.keeps(without)? {
            return Ok(true);
        }
        // The last statement of a block leaves a `pass`.
        let [(from, to)] = *blocks else {
            return Ok(false);
        };
        let line = &self.lines[from];
        let indent = indent_of(line);
        if line.trim() == "pass" || indent == 0 {
            return Ok(false);
        }
        let mut lines = self.lines.clone();
        lines.splice(from..to, [format!("{}pass", " ".repeat(indent))]);
        let shorter = lines.len() < self.lines.len();
        Ok(self.keeps(lines)? && shorter)
    }

    /// The statements at a level of indentation: from their first line to the one behind their last.
    fn blocks(&self, level: usize) -> Vec<(usize, usize)> {
        let indent = level * 4;
        let mut blocks = Vec::new();
        let mut index = 0;
        while index < self.lines.len() {
            if indent_of(&self.lines[index]) != indent || self.lines[index].trim().is_empty() {
                index += 1;
                continue;
            }
            let from = index;
            index += 1;
            while index < self.lines.len() && belongs(&self.lines[index], indent) {
                index += 1;
            }
            blocks.push((from, index));
        }
        blocks
    }

    /// Puts the body of a statement into its place.
    fn unwrap_blocks(&mut self) -> Result<(), Failure> {
        let mut from = 0;
        while from < self.lines.len() && !self.is_late() {
            let head = self.lines[from].clone();
            let indent = indent_of(&head);
            let is_head = head.trim_end().ends_with(':');
            let first = from + 1;
            let end = (first..self.lines.len())
                .find(|index| indent_of(&self.lines[*index]) <= indent)
                .unwrap_or(self.lines.len());
            let behind = (end..self.lines.len())
                .find(|index| !belongs(&self.lines[*index], indent))
                .unwrap_or(self.lines.len());
            if !is_head || head.trim_start().starts_with("def ") || first >= end {
                from += 1;
                continue;
            }
            let mut lines = self.lines.clone();
            let body: Vec<String> = lines[first..end]
                .iter()
                .map(|line| line.strip_prefix("    ").unwrap_or(line).to_string())
                .collect();
            lines.splice(from..behind, body);
            if !self.keeps(lines)? {
                from += 1;
            }
        }
        Ok(())
    }

    /// Puts a small number in the place of what is in parentheses.
    fn simplify_lines(&mut self) -> Result<(), Failure> {
        let mut number = 0;
        while number < self.lines.len() {
            let mut place = 0;
            while !self.is_late() {
                let line = self.lines[number].clone();
                let Some((open, close)) = parenthesized(&line, place) else {
                    break;
                };
                place = open + 1;
                for by in ["1", &line[open + 1..close]] {
                    let mut lines = self.lines.clone();
                    lines[number] = format!("{}{by}{}", &line[..open], &line[close + 1..]);
                    if lines[number] != line && by != "()" && self.keeps(lines)? {
                        place = open;
                        break;
                    }
                }
            }
            number += 1;
        }
        Ok(())
    }
}

/// The first group in parentheses at `from` or behind it that is no call's: where it opens and closes.
fn parenthesized(line: &str, from: usize) -> Option<(usize, usize)> {
    let bytes = line.as_bytes();
    for open in from..bytes.len() {
        if bytes[open] != b'('
            || open > 0
                && (bytes[open - 1].is_ascii_alphanumeric() || b"_)]".contains(&bytes[open - 1]))
        {
            continue;
        }
        let mut depth = 0;
        for (close, byte) in bytes.iter().enumerate().skip(open) {
            match byte {
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some((open, close));
            }
        }
    }
    None
}

/// Whether a line is part of the statement above it that begins at this indentation.
fn belongs(line: &str, indent: usize) -> bool {
    let content = line.trim_start();
    let is_clause = [
        "else:", "elif ", "except ", "except:", "except*", "finally:",
    ]
    .iter()
    .any(|clause| content.starts_with(clause));
    content.is_empty() || indent_of(line) > indent || (indent_of(line) == indent && is_clause)
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_calls_are_left_alone() {
        assert_eq!(parenthesized("x = f(a) + (b * (c))", 0), Some((11, 19)));
        assert_eq!(parenthesized("x = f(a)", 0), None);
    }

    #[test]
    fn clauses_belong_to_their_statement() {
        assert!(belongs("    except E:", 4));
        assert!(belongs("        x = 1", 4));
        assert!(!belongs("    x = 1", 4));
    }
}
