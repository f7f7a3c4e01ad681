//! `docs/performance.md`: a head, and a section for each suite between two marks.
//!
//! A section is replaced alone: what was measured of the other suite stays as it was. A file in which a section
//! begins and does not end is left alone.

use std::path::Path;

use super::programs::Suite;
use crate::Failure;

const HEAD: &str = "# Performance\n\n\
    The seconds are those of the best round, the memory is the process's largest resident set. A ratio below 1 means that\n\
    Taipan needs less. Each section is written by the command that it names.\n";

/// Writes the suite's section into the page, which need not be there yet.
pub fn write(path: &Path, suite: Suite, body: &str) -> Result<(), Failure> {
    let old = std::fs::read_to_string(path).unwrap_or_default();
    Ok(std::fs::write(path, with_section(&old, suite, body)?)?)
}

fn with_section(old: &str, suite: Suite, body: &str) -> Result<String, Failure> {
    let mut page = HEAD.to_string();
    for other in Suite::ALL {
        let section = if other == suite {
            format!("{}\n\n{}", suite.introduction(), body.trim_end())
        } else {
            match section(old, other)? {
                Some(section) => section.trim().to_string(),
                None => continue,
            }
        };
        page.push_str(&format!("\n{}\n{section}\n{}\n", begin(other), end(other)));
    }
    Ok(page)
}

fn begin(suite: Suite) -> String {
    format!("<!-- {} begins -->", suite.mark())
}

fn end(suite: Suite) -> String {
    format!("<!-- {} ends -->", suite.mark())
}

/// What stands between the suite's marks.
fn section(page: &str, suite: Suite) -> Result<Option<&str>, Failure> {
    let Some((_, rest)) = page.split_once(&begin(suite)) else {
        return Ok(None);
    };
    match rest.split_once(&end(suite)) {
        Some((section, _)) => Ok(Some(section)),
        None => Err(Failure(format!(
            "the page has `{}` and no `{}`",
            begin(suite),
            end(suite)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_section_survives_the_other() {
        let first = with_section("", Suite::Pyperformance, "| a |\n").unwrap();
        let both = with_section(&first, Suite::Micro, "| b |\n").unwrap();
        for text in ["# Performance\n", "| a |", "| b |", "## pyperformance"] {
            assert!(both.contains(text), "{text}");
        }
        let again = with_section(&both, Suite::Pyperformance, "| c |").unwrap();
        assert_eq!(again, both.replace("| a |", "| c |"));
        let other = with_section(&again, Suite::Micro, "| d |").unwrap();
        assert_eq!(other, again.replace("| b |", "| d |"));
        // In whatever order they came, the page is the same.
        let reversed = with_section("", Suite::Micro, "| d |").unwrap();
        let reversed = with_section(&reversed, Suite::Pyperformance, "| c |").unwrap();
        assert_eq!(reversed, other);
    }

    #[test]
    fn a_section_without_an_end_is_not_lost() {
        let page = format!("{}\n| a |\n", begin(Suite::Micro));
        assert!(with_section(&page, Suite::Pyperformance, "").is_err());
    }
}
