//! The table of measurements: in the terminal while it grows, as JSON, and as a section of the page.
//!
//! Column 0 is Taipan. A ratio is Taipan's seconds or bytes by the other's, so below 1 Taipan needs less; the
//! geometric mean is over the benchmarks both could run.

use std::fmt::Write;
use std::process::Command;

use super::{Measurement, START_UP};
use crate::taipan::Interpreter;

struct Row {
    name: String,
    cells: Vec<Option<Measurement>>,
}

/// What was measured, by benchmark and interpreter.
pub struct Report {
    names: Vec<String>,
    versions: Vec<String>,
    rows: Vec<Row>,
    failures: Vec<(String, usize, String)>,
    computed: Vec<(String, String)>,
}

/// Geometric means of the ratios to one interpreter.
struct Means {
    benchmarks: usize,
    time: f64,
    memory: f64,
}

impl Report {
    pub fn new(interpreters: &[Interpreter]) -> Report {
        Report {
            names: interpreters.iter().map(|i| i.name.clone()).collect(),
            versions: interpreters.iter().map(Interpreter::version).collect(),
            rows: Vec::new(),
            failures: Vec::new(),
            computed: Vec::new(),
        }
    }

    /// Notes a measurement; of several the best time and the least memory count.
    pub fn add(&mut self, name: &str, interpreter: usize, new: Measurement) {
        let index = match self.rows.iter().position(|row| row.name == name) {
            Some(index) => index,
            None => {
                let cells = vec![None; self.names.len()];
                let name = name.to_string();
                self.rows.push(Row { name, cells });
                self.rows.len() - 1
            }
        };
        let cell = &mut self.rows[index].cells[interpreter];
        *cell = Some(match *cell {
            None => new,
            Some(old) => Measurement {
                best: old.best.min(new.best),
                median: old.median.min(new.median),
                first: old.first.min(new.first),
                peak_memory: old.peak_memory.min(new.peak_memory),
            },
        });
    }

    /// Notes what a benchmark computed; what it was the first time, if that was something else.
    pub fn check(&mut self, name: &str, computed: &str) -> Result<(), String> {
        match self.computed.iter().find(|(known, _)| known == name) {
            None => {
                self.computed.push((name.to_string(), computed.to_string()));
                Ok(())
            }
            Some((_, first)) if first == computed => Ok(()),
            Some((_, first)) => Err(first.clone()),
        }
    }

    /// Notes that a benchmark could not be measured.
    pub fn fail(&mut self, name: &str, interpreter: usize, why: String) {
        let failure = (name.to_string(), interpreter, why);
        if !self.failures.contains(&failure) {
            self.failures.push(failure);
        }
    }

    /// Prints the table.
    pub fn print_rows(&self) {
        let mut head = format!("{:<28}", "benchmark");
        for name in &self.names {
            let _ = write!(head, "{name:>14}{:>9}", "MB");
        }
        for name in &self.names[1..] {
            let _ = write!(head, "   /{name} time  memory");
        }
        println!("{head}");
        for row in &self.rows {
            let mut line = format!("{:<28}", row.name);
            for cell in &row.cells {
                let (time, memory) = match cell {
                    Some(cell) => (milliseconds(cell.best), megabytes(cell.peak_memory)),
                    None => ("-".to_string(), "-".to_string()),
                };
                let _ = write!(line, "{time:>14}{memory:>9}");
            }
            for other in 1..row.cells.len() {
                let (time, memory) = match ratios(row, other) {
                    Some((time, memory)) => (format!("{time:.2}"), format!("{memory:.2}")),
                    None => ("-".to_string(), "-".to_string()),
                };
                let width = self.names[other].len() + 9;
                let _ = write!(line, "{time:>width$}{memory:>8}");
            }
            println!("{line}");
        }
    }

    /// Prints the geometric means and what could not be measured.
    pub fn print_summary(&self) {
        for other in 1..self.names.len() {
            let means = self.means(other);
            println!(
                "geometric mean of {} benchmarks, {}/{}: time {:.3}, memory {:.3}",
                means.benchmarks, self.names[0], self.names[other], means.time, means.memory
            );
        }
        for (name, interpreter, why) in &self.failures {
            println!(
                "not measured: {name} on {}: {why}",
                self.names[*interpreter]
            );
        }
    }

    fn means(&self, other: usize) -> Means {
        let pairs: Vec<(f64, f64)> = self
            .rows
            .iter()
            .filter(|row| row.name != START_UP)
            .filter_map(|row| ratios(row, other))
            .collect();
        let mean = |logs: f64| (logs / pairs.len() as f64).exp();
        Means {
            benchmarks: pairs.len(),
            time: mean(pairs.iter().map(|(time, _)| time.ln()).sum()),
            memory: mean(pairs.iter().map(|(_, memory)| memory.ln()).sum()),
        }
    }

    /// All measurements: one object per benchmark and interpreter.
    pub fn json(&self) -> String {
        let mut rows = Vec::new();
        for row in &self.rows {
            for (name, cell) in self.names.iter().zip(&row.cells) {
                let Some(cell) = cell else { continue };
                rows.push(format!(
                    "  {{\"benchmark\": {}, \"interpreter\": {}, \"best\": {:.9}, \"median\": {:.9}, \
                     \"first\": {:.9}, \"peak_memory\": {}}}",
                    quoted(&row.name),
                    quoted(name),
                    cell.best,
                    cell.median,
                    cell.first,
                    cell.peak_memory
                ));
            }
        }
        format!("[\n{}\n]\n", rows.join(",\n"))
    }

    /// A section of `docs/performance.md`, without its heading.
    pub fn markdown(&self) -> String {
        let mut page = String::new();
        for (name, version) in self.names.iter().zip(&self.versions) {
            let _ = writeln!(page, "- {name}: {version}");
        }
        let _ = writeln!(page, "- processor: {}", processor());
        let _ = writeln!(page, "- date: {}", date());
        let command: Vec<String> = std::env::args().skip(1).map(without_folders).collect();
        let _ = writeln!(page, "- command: `cargo xtask {}`\n", command.join(" "));
        for other in 1..self.names.len() {
            let means = self.means(other);
            let _ = writeln!(
                page,
                "Geometric mean of {} benchmarks against {}: **{:.2}** in time, {:.2} in memory.\n",
                means.benchmarks, self.names[other], means.time, means.memory
            );
        }
        page.push_str("| benchmark |");
        for name in &self.names {
            let _ = write!(page, " {name} | memory |");
        }
        for name in &self.names[1..] {
            let _ = write!(page, " time / {name} | memory / {name} |");
        }
        let columns = 2 * self.names.len() + 2 * (self.names.len() - 1);
        let _ = writeln!(page, "\n| --- |{}", " ---: |".repeat(columns));
        for row in &self.rows {
            let _ = write!(page, "| {} |", row.name);
            for cell in &row.cells {
                let _ = match cell {
                    Some(cell) => write!(
                        page,
                        " {} | {} MB |",
                        milliseconds(cell.best),
                        megabytes(cell.peak_memory)
                    ),
                    None => write!(page, " - | - |"),
                };
            }
            for other in 1..row.cells.len() {
                let _ = match ratios(row, other) {
                    Some((time, memory)) => write!(page, " {time:.2} | {memory:.2} |"),
                    None => write!(page, " - | - |"),
                };
            }
            page.push('\n');
        }
        if !self.failures.is_empty() {
            page.push_str("\nNot measured:\n\n");
            for (name, interpreter, why) in &self.failures {
                let _ = writeln!(page, "- {name} on {}: {why}", self.names[*interpreter]);
            }
        }
        page
    }
}

/// `NAME=FOLDER/PROGRAM` as `NAME=PROGRAM`: where a program is, is the machine's own.
fn without_folders(word: String) -> String {
    let (name, value) = match word.split_once('=') {
        Some((name, value)) => (format!("{name}="), value),
        None => (String::new(), word.as_str()),
    };
    match value.rsplit_once('/') {
        Some((_, program)) if value.starts_with('/') || value.contains("target/") => {
            format!("{name}{program}")
        }
        _ => word,
    }
}

/// Taipan's time and memory by the other's.
fn ratios(row: &Row, other: usize) -> Option<(f64, f64)> {
    let (ours, theirs) = (row.cells[0]?, row.cells[other]?);
    let time = ours.best / theirs.best;
    let memory = ours.peak_memory as f64 / theirs.peak_memory as f64;
    (time.is_finite() && time > 0.0 && memory.is_finite() && memory > 0.0).then_some((time, memory))
}

fn milliseconds(seconds: f64) -> String {
    let milliseconds = seconds * 1e3;
    let digits = match milliseconds {
        n if n >= 100.0 => 0,
        n if n >= 10.0 => 1,
        n if n >= 1.0 => 2,
        n if n >= 0.1 => 3,
        _ => 5,
    };
    format!("{milliseconds:.digits$} ms")
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            control if control < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// Today, as year-month-day (UTC).
fn date() -> String {
    let output = Command::new("date").args(["-u", "+%F"]).output();
    output.map_or_else(
        |_| "on an unknown day".to_string(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_string(),
    )
}

fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == "model name").then(|| value.trim().to_string())
    });
    model.unwrap_or_else(|| std::env::consts::ARCH.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let interpreter = |name: &str| Interpreter {
            name: name.to_string(),
            command: vec!["true".to_string()],
        };
        let mut report = Report::new(&[interpreter("taipan"), interpreter("other")]);
        for (name, ours, theirs) in [("a", 1.0, 4.0), ("b", 1.0, 1.0), (START_UP, 1.0, 100.0)] {
            for (index, best) in [ours, theirs].into_iter().enumerate() {
                let measurement = Measurement {
                    best,
                    median: best,
                    first: best,
                    peak_memory: 1_000_000,
                };
                report.add(name, index, measurement);
            }
        }
        report
    }

    #[test]
    fn the_mean_is_geometric_and_leaves_start_up_out() {
        let means = report().means(1);
        assert_eq!(means.benchmarks, 2);
        assert!((means.time - 0.5).abs() < 1e-12);
        assert!((means.memory - 1.0).abs() < 1e-12);
    }

    #[test]
    fn of_several_measurements_the_best_counts() {
        let mut report = report();
        let better = Measurement {
            best: 0.5,
            median: 9.0,
            first: 9.0,
            peak_memory: 9,
        };
        report.add("a", 0, better);
        let json = report.json();
        assert!(json.contains("\"benchmark\": \"a\", \"interpreter\": \"taipan\", \"best\": 0.5"));
    }

    #[test]
    fn each_other_interpreter_has_its_columns_and_its_means() {
        let interpreter = |name: &str| Interpreter {
            name: name.to_string(),
            command: vec!["true".to_string()],
        };
        let mut report = Report::new(&["taipan", "old", "older"].map(interpreter));
        for (index, best) in [1.0, 2.0, 4.0].into_iter().enumerate() {
            let measurement = Measurement {
                best,
                median: best,
                first: best,
                peak_memory: 1_000_000 * (index as u64 + 1),
            };
            report.add("a", index, measurement);
        }
        let page = report.markdown();
        for line in [
            "Geometric mean of 1 benchmarks against old: **0.50** in time, 0.50 in memory.",
            "Geometric mean of 1 benchmarks against older: **0.25** in time, 0.33 in memory.",
            "| benchmark | taipan | memory | old | memory | older | memory | time / old | memory / old \
             | time / older | memory / older |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
            "| a | 1000 ms | 1.0 MB | 2000 ms | 2.0 MB | 4000 ms | 3.0 MB | 0.50 | 0.50 | 0.25 | 0.33 |",
        ] {
            assert!(page.contains(line), "{line}\n{page}");
        }
    }

    #[test]
    fn a_result_unlike_the_first_is_told() {
        let mut report = report();
        assert_eq!(report.check("a", "7"), Ok(()));
        assert_eq!(report.check("b", "8"), Ok(()));
        assert_eq!(report.check("a", "7"), Ok(()));
        assert_eq!(report.check("a", "8"), Err("7".to_string()));
    }

    #[test]
    fn commands_are_shown_without_folders() {
        let shown = |word: &str| without_folders(word.to_string());
        assert_eq!(
            shown("python3.11=/usr/bin/python3.11"),
            "python3.11=python3.11"
        );
        assert_eq!(shown("/opt/x/target/release/taipan"), "taipan");
        assert_eq!(shown("docs/performance.md"), "docs/performance.md");
        assert_eq!(shown("--micro"), "--micro");
    }

    #[test]
    fn the_page_has_a_row_for_each_benchmark() {
        let page = report().markdown();
        assert!(page.contains("| a | 1000 ms | 1.0 MB | 4000 ms | 1.0 MB | 0.25 | 1.00 |"));
    }
}
