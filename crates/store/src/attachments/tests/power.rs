//! The power is cut at any step, and what was not synced is lost in any mixture. What counts as there must
//! be what the manifest says; what was synced must be there; and the file can be ended.

use super::*;

/// What somebody outside knows when the power fails.
#[derive(Default)]
struct Known {
    synced: Vec<u32>,
    is_finished: bool,
}

/// Works until something fails: receives in two sittings, out of order, and finishes.
fn work(scene: &Scene, known: &mut Known) -> Result<(), AttachmentError> {
    let sittings: [&[u32]; 2] = [&[3, 0, 4], &[1, 2]];
    for indices in sittings {
        let attachments = Attachments::open(&scene.disk(), settings())?;
        let mut receiving = attachments.receive(Arc::clone(&scene.attachment))?;
        known.synced = known.synced.iter().copied().chain(present(&receiving)).collect();
        let mut written = Vec::new();
        for index in indices {
            receiving.write(&scene.chunk(*index))?;
            written.push(*index);
            if receiving.unsynced_bytes == 0 {
                known.synced.append(&mut written);
            }
        }
        if receiving.have().is_full() {
            receiving.finish()?;
            known.is_finished = true;
        }
    }
    Ok(())
}

fn check_after_cut(scene: &Scene, known: &Known, what: &str) {
    let attachments = Attachments::open(&Disk::new(scene.directory.path()), settings()).unwrap();
    let stored = attachments
        .find(Arc::clone(&scene.attachment))
        .unwrap_or_else(|error| panic!("{what}: {error}"));
    assert!(stored.is_some() || !known.is_finished, "{what}");
    let stored = stored.unwrap_or_else(|| {
        let receiving = attachments.receive(Arc::clone(&scene.attachment));
        let mut receiving = receiving.unwrap_or_else(|error| panic!("{what}: {error}"));
        let there = present(&receiving);
        assert!(
            known.synced.iter().all(|index| there.contains(index)),
            "{what}: {there:?}, {:?}",
            known.synced
        );
        for index in there {
            assert_eq!(
                receiving.read_chunk(ChunkIndex(index)).unwrap(),
                scene.chunk(index),
                "{what}"
            );
        }
        for index in 0..CHUNKS {
            receiving.write(&scene.chunk(index)).unwrap();
        }
        receiving.finish().unwrap()
    });
    for index in 0..CHUNKS {
        assert_eq!(
            stored.read_chunk(ChunkIndex(index)).unwrap(),
            scene.chunk(index),
            "{what}"
        );
    }
}

#[test]
fn what_counts_as_there_survives_a_power_cut_at_any_step() {
    let scene = Scene::new();
    let mut known = Known::default();
    work(&scene, &mut known).unwrap();
    assert!(known.is_finished);
    let steps = scene.faults.steps();
    assert!(steps > 40, "{steps}");
    for step in 1..=steps {
        // Everything is lost, and then a mixture.
        for seed in [0, step] {
            let scene = Scene::new();
            scene.faults.stop_at(step);
            let mut known = Known::default();
            let stopped = work(&scene, &mut known);
            assert!(stopped.is_err());
            scene.faults.cut_power(seed);
            check_after_cut(
                &scene,
                &known,
                &format!("step {step} of {steps}, seed {seed}: {stopped:?}"),
            );
        }
    }
}

/// `[TRANSFER]` `[DURABLE]` The process is killed at a step, or the step fails; the next process takes it up
/// with what it finds in memory, and ends it; then the power is cut. The simulation found files that were
/// promised to be here, and had a name in memory only.
#[test]
fn a_file_that_another_process_ends_survives_a_power_cut() {
    let scene = Scene::new();
    work(&scene, &mut Known::default()).unwrap();
    let steps = scene.faults.steps();
    for step in 1..=steps {
        for is_killed in [true, false] {
            let scene = Scene::new();
            if is_killed {
                scene.faults.stop_at(step);
            } else {
                scene.faults.fail_at(step);
            }
            let what = format!(
                "step {step} of {steps}: {:?}",
                work(&scene, &mut Known::default())
            );
            scene.faults.revive();
            scene.faults.mend();
            match scene.open().receive(Arc::clone(&scene.attachment)) {
                Ok(mut receiving) => {
                    for index in 0..CHUNKS {
                        receiving.write(&scene.chunk(index)).unwrap();
                    }
                    receiving.finish().unwrap();
                }
                Err(AttachmentError::Stored) => {}
                Err(error) => panic!("{what}: {error}"),
            }
            scene.faults.cut_power(0);
            let stored = scene.open().find(Arc::clone(&scene.attachment)).unwrap();
            let stored = stored.unwrap_or_else(|| panic!("{what}: it is lost"));
            for index in 0..CHUNKS {
                let read = stored.read_chunk(ChunkIndex(index));
                assert_eq!(read.unwrap(), scene.chunk(index), "{what}");
            }
        }
    }
}
