//! Views on a full disk stay readable, from memory, and are written when there is room.

use reeve_e2e::{SmallDisk, wait_for};
use reeve_eventsourcing::ViewExt;
use reeve_views::Store;

/// Commits as many rows of a kilobyte, as the events of a stream up to a position.
fn commit(store: &Store, table: &str, rows: usize, position: u64) -> bool {
    let mut batch = store.begin();
    for number in 0..rows {
        batch.put_row(table, &format!("{number:05}"), format!("{number}/{}", "x".repeat(1000)));
    }
    batch.commit("S", position).is_ok()
}

fn count(store: &Store, table: &str) -> usize {
    store.scan::<String>(table, "", None, usize::MAX).rows.len()
}

#[test]
fn views_wait_in_memory_and_are_written_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let disk = SmallDisk::mount(&folder.path().join("disk"), 64 * 1024);
    let path = disk.path().join("views");
    let store = Store::open(&path, "v1").unwrap();
    assert!(commit(&store, "before", 2_000, 1));
    store.flush();
    // Less room than the rows need: sled is not begun to be written, because it would not go on afterwards.
    disk.fill_but(5 * 1024);
    assert!(commit(&store, "while full", 10_000, 2));
    store.flush();
    disk.fill();
    assert!(commit(&store, "full", 100, 3));
    let readable = || (count(&store, "before"), count(&store, "while full"), count(&store, "full"));
    for _ in 0..5 {
        assert_eq!(readable(), (2_000, 10_000, 100), "what is committed is readable");
        assert_eq!(store.checkpoint("S"), 3);
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
    disk.clear();
    // sled may have tried to write by itself while the disk was full. Then the views are opened anew, as their checkpoint says, and
    // who follows the stream goes on from there.
    let follow = || {
        for (position, table, rows) in [(1, "before", 2_000), (2, "while full", 10_000), (3, "full", 100)] {
            if store.checkpoint("S") < position {
                assert!(commit(&store, table, rows, position));
            }
        }
    };
    wait_for("it is on disk", || {
        follow();
        let size = |path: std::path::PathBuf| path.metadata().map_or(0, |file| file.len());
        (size(path.join("db")) > 10_000_000).then_some(())
    });
    follow();
    assert_eq!(readable(), (2_000, 10_000, 100));
    store.flush();
    drop(store);
    let store = Store::open(&path, "v1").unwrap();
    assert_eq!(
        (count(&store, "before"), count(&store, "while full"), count(&store, "full")),
        (2_000, 10_000, 100)
    );
    assert_eq!(store.checkpoint("S"), 3);
}
