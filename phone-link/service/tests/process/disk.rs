//! A disk that is full.

use std::process::Command;

use tandem_contracts::phones::PhoneLinkError;

use crate::far::{Far, Peer, is_alone, run};
use crate::stage::{Stage, story, until};

#[test]
fn who_is_forgotten_on_a_full_disk_is_told_so_and_stays_forgotten_once_there_is_room() {
    if !is_alone("disk::who_is_forgotten_on_a_full_disk_is_told_so_and_stays_forgotten_once_there_is_room", Peer::Own) {
        return;
    }
    story(async {
        let far = Far::new();
        let mut stage = Stage::new(&far, Peer::Own).await;
        stage.pair().await;
        stage.kill();
        let (state, before) = (stage.path("phones"), stage.path("before"));
        std::fs::rename(&state, &before).unwrap();
        std::fs::create_dir(&state).unwrap();
        // In the story's own name space: it goes with it.
        run(Command::new("mount").args(["-t", "tmpfs", "-o", "size=512k,mode=700", "none"]).arg(&state));
        run(Command::new("cp").arg("-a").arg(before.join(".")).arg(&state));
        stage.start().await;
        let known =
            until("the phone", async || stage.phones.phones().await.ok()?.into_iter().find(|it| it.reach == "near"))
                .await;

        assert!(stage.phones.is_kept().await.unwrap());
        let junk = state.join("junk");
        assert!(std::fs::write(&junk, vec![1; 1 << 20]).is_err(), "the disk is full");
        let told = stage.phones.forget(known.id.clone()).await;
        assert!(matches!(told, Err(PhoneLinkError::Storage(_))), "{told:?}");
        assert!(stage.phones.phones().await.unwrap().is_empty(), "here it is forgotten all the same");
        assert!(!stage.phones.is_kept().await.unwrap());
        assert!(stage.log().contains("not kept until the disk takes it"));

        std::fs::remove_file(&junk).unwrap();
        // Trying again is due with the next announcement.
        let database = state.join("phones.db");
        until("the deed on the disk", async || {
            let query = "SELECT count(*) FROM ledger WHERE deed = 'forgotten'";
            let output = Command::new("python3").args(["-c", SQL]).arg(&database).arg(query).output().ok()?;
            (String::from_utf8_lossy(&output.stdout).trim() == "1").then_some(())
        })
        .await;
        until("that it is kept", async || stage.phones.is_kept().await.ok()?.then_some(())).await;
        stage.kill();
        stage.start().await;
        assert!(stage.phones.phones().await.unwrap().is_empty(), "nor does a restart know it");
    });
}

/// Reads a database beside its owner.
const SQL: &str = "import sqlite3, sys; print(sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True).execute(sys.argv[2]).fetchone()[0])";
