//! Writes `docs/conformance.md`: a table by module, then every failing test with its reason.

use std::fmt::Write;
use std::path::Path;

use super::outcome::Outcome;
use crate::Failure;

/// Why tests fail, by hand: a dotted name, or the beginning of one with `*` behind it, and a sentence.
pub struct Reasons {
    rows: Vec<(String, String)>,
}

impl Reasons {
    /// Reads the file; none means no reasons.
    pub fn read(path: &Path) -> Result<Reasons, Failure> {
        Reasons::parse(&std::fs::read_to_string(path).unwrap_or_default())
    }

    fn parse(text: &str) -> Result<Reasons, Failure> {
        let mut rows = Vec::new();
        for line in text.lines() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, reason) = line.split_once('\t').ok_or_else(|| {
                Failure(format!("docs/conformance-reasons.tsv: no tab in `{line}`"))
            })?;
            rows.push((name.to_string(), reason.trim().to_string()));
        }
        Ok(Reasons { rows })
    }

    /// The reason for a test: its own, or the one for the longest beginning of its name.
    fn of(&self, test: &str) -> Option<&str> {
        let matching = self
            .rows
            .iter()
            .filter(|(name, _)| match name.strip_suffix('*') {
                Some(beginning) => test.starts_with(beginning),
                None => name == test,
            });
        let best = matching.max_by_key(|(name, _)| name.len());
        best.map(|(_, reason)| reason.as_str())
    }
}

/// The whole page.
pub fn page(outcomes: &[Outcome], tests_of: &str, reasons: &Reasons, features: &str) -> String {
    let sum = |of: fn(&Outcome) -> usize| outcomes.iter().map(of).sum::<usize>();
    let (tests, passed, skipped) = (sum(|o| o.tests), sum(|o| o.passed), sum(|o| o.skipped));
    let failed = sum(|o| o.failures.len());
    let mut page = format!(
        "# Conformance\n\n\
         Written by `cargo xtask conformance`: CPython's own regression tests ({tests_of}) run by Taipan, each module as\n\
         `taipan -m unittest -v test.MODULE`. **{passed} of {tests}** tests pass; {failed} fail, {skipped} are skipped, the \
         others were not\nreached. Reasons are kept in `conformance-reasons.tsv`.\n\n\
         | module | tests | passed | failed | skipped | |\n| --- | ---: | ---: | ---: | ---: | --- |\n"
    );
    for outcome in outcomes {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} | {} |",
            outcome.module,
            outcome.tests,
            outcome.passed,
            outcome.failures.len(),
            outcome.skipped,
            outcome.ended.as_deref().map(cell).unwrap_or_default()
        );
    }
    page.push_str(&feature_table(features));
    if failed > 0 {
        page.push_str("\n## Failing tests\n");
    }
    for outcome in outcomes
        .iter()
        .filter(|outcome| !outcome.failures.is_empty())
    {
        let _ = write!(page, "\n### {}\n\n", outcome.module);
        for test in &outcome.failures {
            let beginning = format!("test.{}.", outcome.module);
            let shown = test.strip_prefix(&beginning).unwrap_or(test);
            let reason = reasons.of(test).unwrap_or("not looked at yet");
            let _ = writeln!(page, "- `{shown}`: {reason}");
        }
    }
    page
}

/// The features of tier 2 with the tests that show them.
fn feature_table(features: &str) -> String {
    let mut table = "\n## Tier 2, feature by feature\n\nKept in `tier2-features.tsv`.\n\n\
         | feature | shown by |\n| --- | --- |\n"
        .to_string();
    for line in features.lines().filter(|line| !line.starts_with('#')) {
        if let Some((feature, test)) = line.split_once('\t') {
            let _ = writeln!(table, "| {} | {} |", cell(feature), cell(test));
        }
    }
    table
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_reason_counts() {
        let text = "# why\ntest.test_x.*\tall of it\ntest.test_x.T.test_a\tthis one\n";
        let reasons = Reasons::parse(text).unwrap();
        assert_eq!(reasons.of("test.test_x.T.test_a"), Some("this one"));
        assert_eq!(reasons.of("test.test_x.T.test_b"), Some("all of it"));
        assert_eq!(reasons.of("test.test_y.T.test_b"), None);
    }

    #[test]
    fn a_failing_test_is_listed_with_its_reason() {
        let mut outcome = Outcome {
            module: "test_x".to_string(),
            tests: 2,
            passed: 1,
            ..Outcome::default()
        };
        outcome.failures.insert("test.test_x.T.test_a".to_string());
        let reasons = Reasons::parse("test.test_x.*\tno sockets\n").unwrap();
        let page = page(&[outcome], "Python 3.13", &reasons, "a thing\ta test\n");
        assert!(page.contains("| a thing | a test |"));
        assert!(page.contains("| test_x | 2 | 1 | 1 | 0 |  |"));
        assert!(page.contains("- `T.test_a`: no sockets"));
    }
}
