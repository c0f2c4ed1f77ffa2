//! What tests came to, in the XML that build servers read.

use std::fmt::Write as _;

use super::Colours;
use super::tests::mismatches;
use crate::calendar::Zone;
use crate::testing::TestReport;

/// The report as JUnit's XML: a suite for each file, a case for each test.
pub fn junit(report: &TestReport, zone: &Zone) -> String {
    let failures = report.results.iter().filter(|result| !result.passed()).count();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing into memory cannot fail.
    let _ = writeln!(
        xml,
        "<testsuites name=\"campanile\" tests=\"{}\" failures=\"{failures}\">",
        report.results.len()
    );
    let mut files: Vec<&str> = report.results.iter().map(|result| result.place.file.as_str()).collect();
    files.dedup();
    for file in files {
        let of_file = || report.results.iter().filter(|result| result.place.file == file);
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\">",
            escaped(file),
            of_file().count(),
            of_file().filter(|result| !result.passed()).count()
        );
        for result in of_file() {
            let _ = write!(
                xml,
                "    <testcase name=\"{}\" classname=\"{}\" file=\"{}\" line=\"{}\"",
                escaped(&result.name),
                escaped(file),
                escaped(file),
                result.place.line
            );
            if result.passed() {
                xml.push_str("/>\n");
                continue;
            }
            let first = result.mismatches.first();
            let message = first.and_then(|mismatch| mismatch.found.lines().next()).unwrap_or_default();
            let _ = writeln!(xml, ">\n      <failure message=\"{}\">", escaped(message));
            xml.push_str(&escaped(&mismatches(result, zone, Colours::Off)));
            xml.push_str("      </failure>\n    </testcase>\n");
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

/// Text that XML takes: what stands for something else is written otherwise, and what no XML may hold is left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(character),
            '\u{fffe}' | '\u{ffff}' => {}
            _ if character.is_control() => {}
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_stays_xml() {
        assert_eq!(escaped("a<b> & \"c\"\u{0}\n"), "a&lt;b&gt; &amp; &quot;c&quot;\n");
    }
}
