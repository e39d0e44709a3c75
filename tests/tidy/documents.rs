//! What the documents claim, checked against the code.

use ferro::config::SECTIONS;
use ferro::surface::SURFACES;

use super::sources::{Source, files, root};

/// Every key that a configuration may have stands in a sample, and is read by its section's table.
pub fn keys() {
    let pages = ["docs/configuration.md", "docs/own-providers.md"];
    let text = |page: &&str| std::fs::read_to_string(root().join(page)).expect(page);
    let sample = |text: String| {
        text.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a sample").to_owned()
    };
    let [own, others] = pages.map(|page| text(&page));
    // What stands there in text is shown as well.
    let sample = sample(own) + &others;
    for section in SECTIONS {
        for key in section.keys {
            let shown = sample.match_indices(&format!("{}:", key.name)).any(|(start, _)| {
                !sample[..start].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.')
            });
            assert!(shown, "the sample does not show the key {:?} of {:?}", key.name, section.path);
        }
    }
    for source in files("filter/core/config/written", "rs").iter().filter(|source| !source.is_test()) {
        let own = source.code().into_iter().find(|line| line.contains(".section("));
        assert_eq!(own, None, "{} reads keys that no table has", source.path);
    }
}

/// The paths and codes that the page names are in the code, and its own codes are on the page.
pub fn surfaces() {
    let text = std::fs::read_to_string(root().join("docs/surfaces.md")).expect("docs/surfaces.md");
    let sources = files("filter/core", "rs");
    let mut codes = Vec::new();
    for source in sources.iter().filter(|source| !source.is_test()) {
        let code = source.code().join("\n");
        let words =
            code.split("Failure::new(").skip(1).filter_map(|rest| rest.split('"').nth(1).map(str::to_owned));
        codes.extend(words.filter(|word| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')));
    }
    for code in &codes {
        assert!(text.contains(&format!("`{code}`")), "docs/surfaces.md lacks the code {code}");
    }
    let cells =
        text.lines().filter(|line| line.starts_with("| `/")).filter_map(|line| line.split('|').nth(1));
    let paths = cells.flat_map(|cell| cell.split('`').filter(|word| word.starts_with('/')));
    let paths: Vec<_> =
        paths.map(|path| path.split(['{', '…']).next().unwrap().trim_end_matches('/')).collect();
    let served: Vec<_> = SURFACES.iter().map(|surface| surface.path.trim_end_matches("/*")).collect();
    for path in &paths {
        assert!(served.contains(path), "nothing serves {path}");
    }
    for path in &served {
        assert!(paths.contains(path), "docs/surfaces.md lacks {path}");
    }
    assert!(!codes.is_empty() && paths.len() > 4, "{codes:?} {paths:?}");
}

/// The README is short, and what the documents link to is there.
pub fn links() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("README.md");
    assert!(readme.lines().count() <= 150, "README.md has {} lines, not 150", readme.lines().count());
    let mut documents = files("docs", "md");
    documents.extend(["README.md", "tests/README.md", "SECURITY.md"].map(|path| Source {
        path: path.to_owned(),
        text: std::fs::read_to_string(root().join(path)).expect(path),
    }));
    for document in &documents {
        let folder = root().join(&document.path);
        let folder = folder.parent().unwrap();
        for link in document.text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            if link.contains("://") {
                continue;
            }
            let path = if file.is_empty() { root().join(&document.path) } else { folder.join(file) };
            assert!(path.exists(), "{} links to {link}, which is not there", document.path);
            if !anchor.is_empty() {
                let text = std::fs::read_to_string(&path).unwrap();
                let known =
                    text.lines().filter(|line| line.starts_with('#')).any(|line| anchor_of(line) == anchor);
                assert!(known, "{} links to {link}, and there is no such heading", document.path);
            }
        }
    }
}

/// A heading's anchor, as GitHub makes it.
fn anchor_of(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = words.chars().filter(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ' '));
    kept.collect::<String>().replace(' ', "-")
}

/// What the documents tell people to run with `make` is there.
pub fn commands() {
    let makefile = std::fs::read_to_string(root().join("Makefile")).expect("Makefile");
    let mut count = 0;
    for document in ["README.md", "tests/README.md", ".github/CONTRIBUTING.md", ".ci/run", "fuzz/README.md"] {
        let text = std::fs::read_to_string(root().join(document)).expect(document);
        let commands = text
            .lines()
            .flat_map(|line| line.split('`'))
            .filter_map(|command| command.trim_start_matches(['$', ' ']).strip_prefix("make "));
        for target in commands.flat_map(|rest| rest.split_whitespace().take_while(|word| is_target(word))) {
            let there = makefile
                .lines()
                .any(|line| line.split(':').next().unwrap().split(' ').any(|name| name == target));
            assert!(there, "{document} says `make {target}`, which the Makefile lacks");
            count += 1;
        }
    }
    assert!(count >= 3, "only {count} commands were found");
}

fn is_target(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}
