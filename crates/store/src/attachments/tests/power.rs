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
