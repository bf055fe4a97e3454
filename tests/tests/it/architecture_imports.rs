//! Files of one crate import each other in no circle.
//!
//! Files that lie beside each other are compared, at each level of folders: what lies in a folder counts as the folder.
//! A name that a module only hands on (`use` of another module's) counts as imported from where it is defined.
//!
//! Limits: only text is read. A file and what lies in its own folder may name each other, in both directions: they are
//! one room, with a door. Not seen are methods of a type that another file has (`impl` in several files), what macros
//! write, `use` of a glob (`use super::*`), and names that are used through a local import of a module whose own
//! re-export goes through a glob. Tests are not looked at, nor are `main.rs` and other programs.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

type Module = Vec<String>;

/// The modules of one crate, each with its text, without comments and tests.
struct Sources(BTreeMap<Module, String>);

/// A name as a module imports it: what it is called there, and its path.
struct Import {
    name: String,
    path: Vec<String>,
}

impl Sources {
    fn read(src: &Path) -> Self {
        let mut modules = BTreeMap::new();
        add(src, &mut Vec::new(), &mut modules);
        Self(modules)
    }

    fn has_child(&self, module: &[String], name: &str) -> bool {
        self.0.contains_key(&child(module, name))
    }

    /// A path as it is written in a module, from the root of the crate; none for one that leads out of it.
    fn absolute(&self, module: &[String], path: &[String]) -> Option<Vec<String>> {
        let supers = path.iter().take_while(|part| *part == "super").count();
        let (from, rest) = match path.first()?.as_str() {
            "crate" => (&[][..], &path[1..]),
            "self" => (module, &path[1..]),
            "super" => (&module[..module.len().checked_sub(supers)?], &path[supers..]),
            first if self.has_child(module, first) => (module, path),
            _ => return None,
        };
        Some([from, rest].concat())
    }

    /// The module in which a path from the root ends, through what modules hand on.
    fn resolve(&self, path: &[String], depth: usize) -> Module {
        let is_module = |length: &usize| *length == 0 || self.0.contains_key(&path[..*length]);
        let length = (0..=path.len()).take_while(is_module).last().unwrap_or_default();
        let (module, rest) = path.split_at(length);
        if let (Some(name), true) = (rest.first(), depth < 8) {
            let handed_on = imports(&self.0[module]).into_iter().find(|import| import.name == *name);
            let target = handed_on.and_then(|import| self.absolute(module, &import.path));
            if let Some(target) = target.filter(|target| target.as_slice() != &path[..=length]) {
                return self.resolve(&[&target[..], &rest[1..]].concat(), depth + 1);
            }
        }
        module.to_vec()
    }

    /// Which modules a module names, with the path by which it does.
    fn named(&self, module: &[String]) -> BTreeSet<(Module, String)> {
        let text = &self.0[module];
        let mut paths: Vec<_> = imports(text).into_iter().map(|import| import.path).collect();
        paths.extend(inline(text));
        let known = paths.iter().filter_map(|path| Some((self.absolute(module, path)?, path.join("::"))));
        known.map(|(path, written)| (self.resolve(&path, 0), written)).collect()
    }

    /// One circle of modules that lie beside each other, in words.
    fn circle(&self) -> Option<String> {
        let mut arrows: BTreeMap<Module, BTreeMap<String, BTreeMap<String, String>>> = BTreeMap::new();
        for from in self.0.keys() {
            for (to, written) in self.named(from) {
                let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
                if let (Some(a), Some(b)) = (from.get(shared), to.get(shared)) {
                    let level = arrows.entry(from[..shared].to_vec()).or_default();
                    let why = format!("{} names {written}", from.join("::"));
                    level.entry(a.clone()).or_default().entry(b.clone()).or_insert(why);
                }
            }
        }
        arrows.values().find_map(|level| level.keys().find_map(|start| walk(level, &mut vec![start])))
    }
}

/// The way back to the first of a path, if there is one.
fn walk<'a>(
    level: &'a BTreeMap<String, BTreeMap<String, String>>,
    path: &mut Vec<&'a String>,
) -> Option<String> {
    fn search<'a>(
        level: &'a BTreeMap<String, BTreeMap<String, String>>,
        path: &mut Vec<&'a String>,
        seen: &mut BTreeSet<&'a String>,
    ) -> Option<String> {
        let last = *path.last()?;
        for next in level.get(last)?.keys() {
            if next == path[0] {
                let closed = path.iter().copied().chain([next]);
                let pairs = path.iter().zip(closed.skip(1));
                return Some(pairs.map(|(a, b)| level[*a][b].as_str()).collect::<Vec<_>>().join("; "));
            }
            if seen.insert(next) {
                path.push(next);
                if let Some(found) = search(level, path, seen) {
                    return Some(found);
                }
                path.pop();
            }
        }
        None
    }
    search(level, path, &mut BTreeSet::new())
}

fn child(module: &[String], name: &str) -> Module {
    [module, &[name.to_owned()]].concat()
}

fn add(folder: &Path, module: &mut Module, modules: &mut BTreeMap<Module, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "bin" {
            module.push(name);
            add(&path, module, modules);
            module.pop();
        } else if path.extension().is_some_and(|ending| ending == "rs") && name != "main" {
            if name.ends_with("tests") {
                continue;
            }
            let of =
                if ["lib", "mod"].contains(&name.as_str()) { module.clone() } else { child(module, &name) };
            modules.insert(of, plain(&fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Without comments, and without the tests at the end.
fn plain(text: &str) -> String {
    let tests = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text[..tests]
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

/// What `use` says, a name each.
fn imports(text: &str) -> Vec<Import> {
    let mut imports = Vec::new();
    for statement in text.split(';') {
        let Some(at) = statement.rfind("use ").filter(|at| {
            let before = statement[..*at].chars().next_back();
            before.is_none_or(char::is_whitespace)
        }) else {
            continue;
        };
        expand(&[], &statement[at + "use ".len()..], &mut imports);
    }
    imports
}

fn expand(before: &[String], tree: &str, imports: &mut Vec<Import>) {
    let parts = |path: &str| -> Vec<String> {
        path.split("::").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    if let Some((head, group)) = tree.split_once('{') {
        let before = [before, &parts(head)].concat();
        let group = group.rsplit_once('}').map_or(group, |(group, _)| group);
        let (mut depth, mut begin) = (0, 0);
        for (at, letter) in group.char_indices().chain([(group.len(), ',')]) {
            match letter {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    expand(&before, &group[begin..at], imports);
                    begin = at + 1;
                }
                _ => {}
            }
        }
        return;
    }
    let (path, renamed) =
        tree.split_once(" as ").map_or((tree, None), |(path, name)| (path, Some(name.trim())));
    let mut path = [before, &parts(path)].concat();
    if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
        path.pop();
    }
    if let Some(last) = path.last() {
        let name = renamed.unwrap_or(last).to_owned();
        imports.push(Import { name, path });
    }
}

/// The paths that begin with `crate::` or `super::` outside of `use`.
fn inline(text: &str) -> Vec<Vec<String>> {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let words = text.match_indices("crate::").chain(text.match_indices("super::"));
    let starts = words.filter(|(at, _)| !text[..*at].ends_with(|letter| is_word(letter) || letter == ':'));
    starts
        .map(|(at, _)| {
            let path = &text[at..];
            let end = path.find(|letter| !is_word(letter) && letter != ':').unwrap_or(path.len());
            path[..end].split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect()
        })
        .collect()
}

#[test]
fn architecture_has_no_circles_between_the_files_of_a_crate() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut crates = 0;
    for room in ["services", "shared"] {
        for entry in fs::read_dir(root.join(room)).unwrap() {
            let src = entry.unwrap().path().join("src");
            if src.is_dir() {
                crates += 1;
                let circle = Sources::read(&src).circle();
                assert_eq!(circle, None, "{} has files that import each other in a circle", src.display());
            }
        }
    }
    assert!(crates > 20, "{crates} crates were looked at");
}

#[test]
fn architecture_sees_circles_through_groups_renamed_and_handed_on_names_and_paths() {
    let sources = |files: &[(&str, &str)]| {
        let module =
            |name: &str| name.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
        let files = files.iter().chain(&[("", "pub use a::Alpha;"), ("b::inner", "")]);
        Sources(files.map(|(name, text)| (module(name), plain(text))).collect()).circle()
    };
    let b = |text| sources(&[("a", "use crate::{\n    b::{self, Beta},\n};"), ("b", text)]);
    for circle in ["use super::a::Alpha;", "use crate::Alpha as Other;", "fn f(_: crate::a::Alpha) {}"] {
        let found = b(circle).unwrap_or_else(|| panic!("{circle}"));
        assert!(found.contains("a names crate::b") && found.contains("b names"), "{found}");
    }
    for none in [
        "use self::inner::X;",
        "// use crate::a;",
        "use other::a;",
        "#[cfg(test)]\nmod tests {\n    use crate::a;",
    ] {
        assert_eq!(b(none), None, "{none}");
    }
    let far = sources(&[
        ("a", "use crate::c;"),
        ("b", ""),
        ("b::d", "use crate::a;"),
        ("c", "use crate::b::d::D;"),
    ]);
    assert!(far.is_some_and(|far| far.contains("b::d names crate::a")), "folders count as one");
}
