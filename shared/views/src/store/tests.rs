use super::*;
use reeve_eventsourcing::{View, ViewExt};

fn filled(path: &Path) -> Store {
    let store = Store::open(path, "v1").unwrap();
    let mut batch = store.begin();
    for n in 0..100 {
        batch.put_row("numbers", &format!("{n:03}"), n);
    }
    batch.put_row("numbersx", "000", 7);
    batch.commit("S", 42).unwrap();
    store
}

#[test]
fn rows_and_checkpoint_survive_together() {
    let folder = tempfile::tempdir().unwrap();
    drop({
        let store = filled(folder.path());
        store.flush();
        store
    });
    let store = Store::open(folder.path(), "v1").unwrap();
    assert_eq!(store.checkpoint("S"), 42);
    assert_eq!(store.get::<u32>("numbers", "007"), Some(7));
}

#[test]
fn pages_join_without_gap_or_repeat() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path());
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = store.filter::<u32>("numbers", "0", after.as_deref(), 7, |_, n| n % 2 == 0);
        seen.extend(page.rows.into_iter().map(|(_, n)| n));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, (0..100).filter(|n| n % 2 == 0).collect::<Vec<u32>>());
}

#[test]
fn a_batch_reads_what_it_has_put_and_writes_the_last() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path());
    let mut batch = store.begin();
    batch.update_row::<u32>("numbers", "007", |n| *n += 1);
    batch.update_row::<u32>("numbers", "007", |n| *n += 1);
    assert_eq!(batch.row::<u32>("numbers", "007"), Some(9));
    assert_eq!(batch.row::<u64>("numbers", "007"), Some(9), "as another type, too");
    batch.remove("numbers", b"008");
    assert_eq!(batch.row::<u32>("numbers", "008"), None);
    batch.commit("S", 43).unwrap();
    assert_eq!(store.get::<u32>("numbers", "007"), Some(9));
    assert_eq!(store.get::<u32>("numbers", "008"), None);
}

#[test]
fn another_fingerprint_starts_empty() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path()));
    let store = Store::open(folder.path(), "v2").unwrap();
    assert_eq!(store.checkpoint("S"), 0);
    assert_eq!(store.get::<u32>("numbers", "007"), None);
}

#[test]
fn corrupt_files_are_thrown_away() {
    let folder = tempfile::tempdir().unwrap();
    {
        let store = filled(folder.path());
        store.flush();
    }
    let db = folder.path().join("db");
    let mut bytes = std::fs::read(&db).unwrap();
    let middle = bytes.len() / 4;
    for byte in bytes.iter_mut().skip(64).take(middle) {
        *byte ^= 0x5a;
    }
    std::fs::write(&db, bytes).unwrap();
    let store = Store::open(folder.path(), "v1").unwrap();
    assert!([0, 42].contains(&store.checkpoint("S")), "the checkpoint goes with the rows");
    let rows = store.scan::<u32>("numbers", "", None, 1000).rows.len();
    assert_eq!(rows, if store.checkpoint("S") == 0 { 0 } else { 100 });
}

/// What is in sled, what is being written and what was just committed make one table.
#[test]
fn recent_and_stored_rows_make_one_table() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path());
    store.flush();
    let mut expected: BTreeMap<String, u32> = (0..100).map(|n| (format!("{n:03}"), n)).collect();
    for round in 0..20 {
        let mut batch = store.begin();
        for n in (round..150).step_by(7) {
            let key = format!("{n:03}");
            if n % 3 == 0 {
                batch.remove("numbers", key.as_bytes());
                expected.remove(&key);
            } else {
                batch.put_row("numbers", &key, n + round);
                expected.insert(key, n + round);
            }
        }
        batch.commit("S", 43 + u64::from(round)).unwrap();
        if round % 4 == 1 {
            store.flush();
        }
        let all = store.scan::<u32>("numbers", "", None, usize::MAX).rows;
        assert_eq!(all, expected.clone().into_iter().collect::<Vec<_>>());
        let some = store.scan::<u32>("numbers", "1", Some("105"), 3);
        let wanted = expected.range("106".to_owned().."2".to_owned()).take(3);
        assert_eq!(some.rows, wanted.map(|(k, n)| (k.clone(), *n)).collect::<Vec<_>>());
    }
    let live = store.dump();
    drop(store);
    assert_eq!(Store::open(folder.path(), "v1").unwrap().dump(), live, "dropping it wrote everything");
}

/// Rows that are written to sled during a scan are neither missed nor seen twice.
#[test]
fn a_scan_sees_each_row_once_while_rows_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), "v1").unwrap();
    let mut batch = store.begin();
    (0..5000).for_each(|n| batch.put_row("numbers", &format!("{n:05}"), n));
    batch.commit("S", 1).unwrap();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for round in 0..50_u64 {
                let mut batch = store.begin();
                (0..5000).step_by(11).for_each(|n| batch.put_row("numbers", &format!("{n:05}"), n));
                batch.commit("S", 2 + round).unwrap();
                store.flush();
            }
        });
        while !writer.is_finished() {
            let rows = store.scan::<i32>("numbers", "", None, usize::MAX).rows;
            assert_eq!(rows.iter().map(|(_, n)| *n).collect::<Vec<_>>(), (0..5000).collect::<Vec<_>>());
        }
    });
}

#[test]
fn opened_anew_it_goes_on_from_what_was_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("views"), "v1").unwrap();
    let mut batch = store.begin();
    batch.put_row("numbers", "on disk", 1);
    batch.commit("S", 7).unwrap();
    store.flush();
    let reopened = store.reopened();
    // What sled cannot take any more: it stays visible until the log is read again from the earlier checkpoint.
    let mut batch = store.begin();
    batch.put_row("numbers", "in memory", 2);
    batch.commit("S", 8).unwrap();
    assert_eq!(store.get::<i32>("numbers", "in memory"), Some(2));
    assert!(store.views.open_anew());
    let checkpoint = store.checkpoint("S");
    assert!(reopened.has_changed().unwrap());
    assert!([7, 8].contains(&checkpoint));
    assert_eq!(store.get::<i32>("numbers", "on disk"), Some(1));
    assert_eq!(
        store.get::<i32>("numbers", "in memory").is_some(),
        checkpoint == 8,
        "the checkpoint goes with the rows"
    );
    let mut batch = store.begin();
    batch.put_row("numbers", "again", 3);
    batch.commit("S", 9).unwrap();
    drop(store);
    let store = Store::open(&folder.path().join("views"), "v1").unwrap();
    assert_eq!((store.checkpoint("S"), store.get::<i32>("numbers", "again")), (9, Some(3)));
    let beside: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(beside, ["views"], "nothing is left beside it");
}

#[test]
fn what_sled_cannot_read_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(&folder.path().join("views"));
    store.flush();
    let mut reopened = store.reopened();
    let mut changes = store.changes("numbers");
    store.views.wait_for_reopening(&sled::Error::ReportableBug("a test".to_owned()));
    while !reopened.has_changed().unwrap() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    reopened.mark_unchanged();
    assert_eq!((store.checkpoint("S"), store.get::<u32>("numbers", "007")), (0, None), "the log fills it");
    assert!(changes.has_changed().unwrap(), "who watches a table looks again");
    changes.mark_unchanged();
    let mut batch = store.begin();
    batch.put_row("numbersx", "000", 1);
    batch.commit("S", 1).unwrap();
    assert!(!changes.has_changed().unwrap(), "another table's rows");
    let mut batch = store.begin();
    batch.put_row("numbers", "007", 7);
    batch.commit("S", 2).unwrap();
    assert!(changes.has_changed().unwrap());
    store.flush();
    assert_eq!((store.checkpoint("S"), store.get::<u32>("numbers", "007")), (2, Some(7)));
}
