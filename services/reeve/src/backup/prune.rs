//! `reeve prune`: the oldest points of a backup go, with the files that no other point is made of.

use super::archive::Archive;
use crate::client::{Format, stdout};
use serde_json::json;
use std::{num::NonZeroUsize, path::PathBuf};

/// Removes the oldest points of a backup, and the files that only they are made of. The other points stay as they are. It needs
/// neither the instance nor its keys.
#[derive(clap::Args)]
pub struct Args {
    /// The folder of the backups.
    folder: PathBuf,
    /// How many points are left: the newest.
    #[arg(long, value_name = "COUNT")]
    keep: NonZeroUsize,
}

/// # Errors
/// When it is no backup, is being written, or a point that is to stay is not whole: then nothing is removed.
pub fn prune(args: &Args, format: Format) -> anyhow::Result<()> {
    // Nothing is written into what is no backup.
    Archive::open(&args.folder)?.ensure_not_empty()?;
    let _lock = Archive::lock(&args.folder)?;
    let archive = Archive::open(&args.folder)?;
    let removal = archive.removal(args.keep.get())?;
    let sizes = removal.files.iter().map(|path| std::fs::metadata(path).map_or(0, |file| file.len()));
    let bytes: u64 = sizes.sum();
    removal.carry_out(&args.folder)?;
    let left = archive.points.len() - removal.points.len();
    let files = removal.files.len();
    let answer = json!({ "removedPoints": removal.points, "removedFiles": files, "removedBytes": bytes, "points": left });
    let text = format!(
        "{} points of {} removed, with {files} files of {bytes} bytes; {left} are left",
        removal.points.len(),
        args.folder.display()
    );
    stdout::answer(format, &answer, text)
}

#[cfg(test)]
mod tests {
    use super::super::{
        archive::{KeptStream, Manifest, VERSION},
        signer::Signer,
        take::{begin, go_on},
        verify::{audit_kept, entries_of},
    };
    use super::*;
    use futures::{FutureExt, stream};
    use proptest::prelude::*;
    use reeve_jetstream::backup::{Entry, Extent, StreamState};
    use serde_json::Value;
    use std::{
        collections::{BTreeMap, BTreeSet},
        path::Path,
    };

    /// How old messages of OUTPUT become.
    const MAX_AGE: i64 = 100;

    /// A bus of three streams: one keeps everything, messages of one expire, and out of one single messages are taken.
    #[derive(Default)]
    struct Log {
        now: i64,
        stored: BTreeMap<&'static str, Vec<Entry>>,
        last: BTreeMap<&'static str, u64>,
    }

    const STREAMS: [&str; 3] = ["THINGS", "OUTPUT", "SECRET_KEYS"];

    fn config(name: &str) -> Value {
        match name {
            "THINGS" => json!({"name": name, "deny_delete": true, "deny_purge": true}),
            "OUTPUT" => json!({"name": name, "max_age": MAX_AGE}),
            _ => json!({"name": name}),
        }
    }

    impl Log {
        fn store(&mut self, name: &'static str) {
            let last = self.last.entry(name).or_default();
            *last += 1;
            let (sequence, subject) = (*last, format!("{name}.{last}"));
            let data = format!("{sequence} of {name}").into();
            let entry = Entry { sequence, nanoseconds: self.now, subject, headers: Vec::new(), data };
            self.stored.entry(name).or_default().push(entry);
        }

        fn let_time_pass(&mut self, by: i64) {
            self.now += by;
            let (now, output) = (self.now, self.stored.entry("OUTPUT").or_default());
            output.retain(|entry| entry.nanoseconds + MAX_AGE >= now);
        }

        fn state(&self, name: &str) -> StreamState {
            let of = self.stored.get(name).map(Vec::as_slice).unwrap_or_default();
            let last_seq = self.last.get(name).copied().unwrap_or_default();
            let first_seq = of.first().map_or(last_seq + 1, |entry| entry.sequence);
            let state = Extent { messages: of.len() as u64, first_seq, last_seq };
            StreamState { config: config(name), created: String::new(), state }
        }

        /// A point of it, as `reeve backup` takes one.
        fn take(&self, archive: &mut Archive, signer: &Signer) {
            archive.ensure_continuable().unwrap();
            let (earlier, point) = (archive.newest().cloned(), archive.newest().map_or(1, |m| m.point + 1));
            let mut streams: Vec<KeptStream> = Vec::new();
            for name in STREAMS {
                let of_stream = earlier.iter().flat_map(|m| &m.streams).find(|stream| stream.name == name);
                let state = self.state(name);
                let kept = begin(&state, of_stream, self.now);
                let stored = self.stored.get(name).cloned().unwrap_or_default().into_iter();
                let new = stored.filter(|entry| entry.sequence > kept.last).map(Ok::<_, anyhow::Error>);
                let new = stream::iter(new.collect::<Vec<_>>());
                let gone_on = go_on(&archive.folder, kept, &state, new, (self.now, point));
                streams.push(gone_on.now_or_never().unwrap().unwrap());
            }
            let (instant, key) = (self.now.to_string(), signer.public_key());
            let program = String::new();
            let manifest =
                Manifest { version: VERSION, point, program, instant, key, streams, consumers: Vec::new() };
            archive.add(manifest, signer).unwrap();
        }
    }

    /// What a point has to be restored to.
    struct Expected {
        taken: i64,
        things: u64,
        output: Vec<Entry>,
        secrets: u64,
    }

    impl Expected {
        fn of(log: &Log) -> Self {
            let last = |name| log.last.get(name).copied().unwrap_or_default();
            let output = log.stored.get("OUTPUT").cloned().unwrap_or_default();
            Self { taken: log.now, things: last("THINGS"), output, secrets: last("SECRET_KEYS") }
        }

        fn check(&self, archive: &Archive, manifest: &Manifest, newest_secrets: &[u64]) {
            let point = manifest.point;
            for stream in &manifest.streams {
                let report = audit_kept(&archive.folder, stream, &[], None).unwrap();
                assert_eq!(report.findings, Vec::new(), "point {point}");
                let entries = entries_of(&archive.folder, stream).map(Result::unwrap);
                let entries: Vec<Entry> = entries.collect();
                let sequences: Vec<u64> = entries.iter().map(|entry| entry.sequence).collect();
                match stream.name.as_str() {
                    "THINGS" => assert_eq!(sequences, (1..=self.things).collect::<Vec<_>>(), "point {point}"),
                    "OUTPUT" => {
                        // What had expired may be there still; what had not, is.
                        let fresh = entries.iter().filter(|one| one.nanoseconds + MAX_AGE >= self.taken);
                        assert_eq!(fresh.cloned().collect::<Vec<_>>(), self.output, "point {point}");
                    }
                    _ => {
                        let left = newest_secrets.iter().copied().filter(|one| *one <= self.secrets);
                        assert_eq!(sequences, left.collect::<Vec<_>>(), "point {point}");
                    }
                }
            }
        }
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Store(usize),
        LetTimePass(i64),
        Destroy(usize),
        Take,
        /// A backup is cut off before it has written its manifest, or one is pruned after so many of its removals.
        CutOffBackup,
        CutOffPrune(usize, usize),
        Prune(usize),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            4 => (0..STREAMS.len()).prop_map(Step::Store),
            3 => (1..150_i64).prop_map(Step::LetTimePass),
            1 => (0..8_usize).prop_map(Step::Destroy),
            4 => Just(Step::Take),
            1 => Just(Step::CutOffBackup),
            2 => (1..4_usize, 0..20_usize).prop_map(|(keep, after)| Step::CutOffPrune(keep, after)),
            1 => (1..4_usize).prop_map(Step::Prune),
        ];
        prop::collection::vec(step, 1..60)
    }

    fn names(folder: &Path) -> BTreeSet<String> {
        let listed = std::fs::read_dir(folder).into_iter().flatten();
        listed.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// After a prune that came to its end nothing is there but what the points are made of.
    fn nothing_is_left_over(archive: &Archive) {
        let streams = archive.points.values().flat_map(|manifest| &manifest.streams);
        let used: BTreeSet<&str> =
            streams.flat_map(|stream| &stream.parts).map(|part| part.file.as_str()).collect();
        for stream in STREAMS {
            for name in names(&archive.folder.join(stream)) {
                assert!(used.contains(format!("{stream}/{name}").as_str()), "{stream}/{name} is left over");
            }
        }
        let files = archive
            .points
            .keys()
            .flat_map(|point| ["json", "sig"].map(|kind| format!("point-{point:06}.{kind}")));
        let others = STREAMS.iter().map(|name| (*name).to_owned()).chain(["keys.sealed".to_owned()]);
        assert_eq!(names(&archive.folder), files.chain(others).collect());
    }

    fn run(steps: &[Step]) {
        let place = tempfile::tempdir().unwrap();
        crate::host::keys::ensure_made(place.path()).unwrap();
        let signer = Signer::open(place.path()).unwrap();
        let folder = place.path().join("backup");
        std::fs::create_dir(&folder).unwrap();
        // What is not the backup's is left alone.
        std::fs::write(folder.join("keys.sealed"), "keys").unwrap();
        let (mut log, mut expected, mut newest_secrets) = (Log::default(), BTreeMap::new(), Vec::new());
        for step in steps {
            let mut archive = Archive::open(&folder).unwrap();
            let points: Vec<u32> = archive.points.keys().copied().collect();
            let newest = |keep| -> BTreeSet<u32> { points.iter().rev().copied().take(keep).collect() };
            match step {
                Step::Store(which) => log.store(STREAMS[*which]),
                Step::LetTimePass(by) => log.let_time_pass(*by),
                Step::Destroy(which) => {
                    let keys = log.stored.entry("SECRET_KEYS").or_default();
                    let at = (!keys.is_empty()).then(|| which % keys.len());
                    at.map(|at| keys.remove(at));
                }
                Step::Take => {
                    log.take(&mut archive, &signer);
                    expected.insert(archive.newest().unwrap().point, Expected::of(&log));
                    let secrets = log.stored.get("SECRET_KEYS").into_iter().flatten();
                    newest_secrets = secrets.map(|entry| entry.sequence).collect();
                }
                Step::CutOffBackup => {
                    std::fs::create_dir_all(folder.join("THINGS")).unwrap();
                    std::fs::write(folder.join("THINGS/new"), "half").unwrap();
                    let next = archive.newest().map_or(1, |newest| newest.point + 1);
                    std::fs::write(folder.join(format!("THINGS/900-901.{next}")), "whole").unwrap();
                }
                Step::CutOffPrune(keep, after) => {
                    let (stay, removal) = (newest(*keep), archive.removal(*keep).unwrap());
                    let all = removal.in_order().concat();
                    all.iter().take(*after).for_each(|path| std::fs::remove_file(path).unwrap());
                    let left: BTreeSet<u32> =
                        Archive::open(&folder).unwrap().points.keys().copied().collect();
                    assert!(left.is_superset(&stay), "{left:?} {stay:?}");
                    expected.retain(|point, _| left.contains(point));
                }
                Step::Prune(keep) if archive.points.is_empty() => {
                    assert!(
                        prune(
                            &Args { folder: folder.clone(), keep: (*keep).try_into().unwrap() },
                            Format::Json
                        )
                        .is_err()
                    );
                }
                Step::Prune(keep) => {
                    let stay = newest(*keep);
                    archive.removal(*keep).unwrap().carry_out(&folder).unwrap();
                    let archive = Archive::open(&folder).unwrap();
                    assert_eq!(archive.points.keys().copied().collect::<BTreeSet<_>>(), stay);
                    nothing_is_left_over(&archive);
                    expected.retain(|point, _| stay.contains(point));
                }
            }
            let archive = Archive::open(&folder).unwrap();
            assert!(archive.points.keys().eq(expected.keys()), "a point is gone, or there again");
            for (point, manifest) in &archive.points {
                expected[point].check(&archive, manifest, &newest_secrets);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]
        #[test]
        fn whatever_is_pruned_and_wherever_it_is_cut_off_every_point_that_is_left_is_whole(steps in steps()) {
            run(&steps);
        }
    }

    #[test]
    fn cut_off_after_each_of_its_removals_a_prune_is_finished_by_the_next() {
        let of_a_point = [Step::Store(0), Step::Store(1), Step::Take, Step::LetTimePass(MAX_AGE + 1)];
        let points = of_a_point.repeat(3);
        // Two manifests with their signatures, and two files of messages that had expired.
        for after in 0..=6 {
            run(&[&points[..], &[Step::CutOffPrune(1, after), Step::CutOffPrune(1, 1), Step::Prune(1)]]
                .concat());
        }
    }

    #[test]
    fn files_that_had_expired_are_in_no_further_point() {
        let output = |count: usize| vec![Step::Store(1); count];
        let once = [output(2), vec![Step::Take, Step::LetTimePass(MAX_AGE + 1)], output(1)].concat();
        run(&[once.clone(), vec![Step::Take, Step::Prune(1)], once, vec![Step::Take, Step::Prune(2)]]
            .concat());
        let place = tempfile::tempdir().unwrap();
        crate::host::keys::ensure_made(place.path()).unwrap();
        let (signer, mut log) = (Signer::open(place.path()).unwrap(), Log::default());
        let mut archive = Archive::open(&place.path().join("backup")).unwrap();
        for _ in 0..3 {
            log.store("OUTPUT");
            log.take(&mut archive, &signer);
            log.let_time_pass(MAX_AGE + 1);
        }
        let files = |archive: &Archive| names(&archive.folder.join("OUTPUT"));
        assert_eq!(files(&archive).len(), 3);
        archive.removal(1).unwrap().carry_out(&archive.folder).unwrap();
        assert_eq!(files(&archive), BTreeSet::from(["3-3.3".to_owned()]));
    }
}
