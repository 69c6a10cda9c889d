//! From a finger to the music.

use std::cell::RefCell;
use std::rc::Rc;

use slint::{ComponentHandle, ModelRc};
use tandem_kit::MediaCommand;
use tandem_kit::media::Place;

use super::choices::Chosen;
use super::library::Tap;
use super::{Music, rows};
use crate::{CentreWindow, MediaAdapter, MediaTab, Page, ScreenAdapter};

/// Lets taps reach `music`.
pub(crate) fn connect(window: &CentreWindow, music: &Rc<RefCell<Music>>) {
    let adapter = window.global::<MediaAdapter>();
    {
        let music = music.borrow();
        adapter.set_rows(music.library.model());
        adapter.set_found(ModelRc::from(Rc::clone(&music.found)));
        music.show_lists(window);
    }
    // A tap on the window with the music behind it.
    let with = {
        let (place, music) = (window.as_weak(), Rc::clone(music));
        move |act: &dyn Fn(&mut Music, &CentreWindow)| {
            if let Some(window) = place.upgrade() {
                act(&mut music.borrow_mut(), &window);
            }
        }
    };
    let with = Rc::new(with);
    let ask = |command: MediaCommand| {
        let with = Rc::clone(&with);
        move || with(&|music, window| music.ask(window, command.clone()))
    };
    adapter.on_play_pause(ask(MediaCommand::PlayPause));
    adapter.on_next(ask(MediaCommand::Next));
    adapter.on_previous(ask(MediaCommand::Previous));
    let act = Rc::clone(&with);
    adapter.on_toggle_shuffle(move || {
        act(&|music, window| {
            let shuffle = music.player.as_ref().is_some_and(|player| player.shuffle);
            music.ask(window, MediaCommand::Shuffle(!shuffle));
        });
    });
    let act = Rc::clone(&with);
    adapter.on_next_repeat(move || {
        act(&|music, window| {
            let repeat = music.player.as_ref().map(|player| player.repeat).unwrap_or_default();
            music.ask(window, MediaCommand::Repeat(repeat.next()));
        });
    });
    let act = Rc::clone(&with);
    adapter.on_seek(move |share| {
        act(&|music, window| {
            let Some(player) = &music.player else { return };
            let Some(length) = player.length_us.filter(|_| player.can_seek) else { return };
            let position_us = (f64::from(share) * length as f64) as i64;
            let track = player.track.clone();
            // The knob stays where the finger left it until the player answers.
            music.show_position(window, Some(position_us));
            music.ask(window, MediaCommand::Seek { track, position_us });
        });
    });
    let shown = Rc::clone(music);
    adapter.on_time_at(move |share| {
        let length = shown.borrow().player.as_ref().and_then(|player| player.length_us).unwrap_or_default();
        rows::time((f64::from(share) * length as f64) as i64).into()
    });
    let act = Rc::clone(&with);
    adapter.on_jump(move |row| {
        act(&|music, window| {
            let Some(row) = u32::try_from(row).ok().and_then(|row| music.queue.row(row)) else { return };
            music.ask(window, MediaCommand::JumpTo(row.entry));
        });
    });
    connect_lists(&adapter, &with);
    connect_choices(&adapter, &with);
}

fn connect_lists(adapter: &MediaAdapter<'_>, with: &Rc<impl Fn(&dyn Fn(&mut Music, &CentreWindow)) + 'static>) {
    let act = Rc::clone(with);
    adapter.on_open_tab(move |tab| act(&|_, window| window.global::<MediaAdapter>().set_tab(tab)));
    let act = Rc::clone(with);
    adapter.on_open_view(move |view| {
        act(&|music, window| {
            music.library.open_view(usize::try_from(view).unwrap_or_default());
            music.tap(window, Tap::Opened);
        });
    });
    let act = Rc::clone(with);
    adapter.on_open_row(move |row| {
        act(&|music, window| {
            let scroll = window.global::<MediaAdapter>().get_scroll();
            let tap = music.library.open_row(usize::try_from(row).unwrap_or(usize::MAX), scroll);
            music.tap(window, tap);
        });
    });
    let act = Rc::clone(with);
    adapter.on_back(move || {
        act(&|music, window| {
            let scroll = music.library.back();
            music.tap(window, Tap::Opened);
            window.global::<MediaAdapter>().set_scroll(scroll);
        });
    });
    let act = Rc::clone(with);
    adapter.on_type(move |letter| {
        act(&|music, window| {
            let query = format!("{}{letter}", music.query);
            music.search(window, query.trim_start().to_owned());
        });
    });
    let act = Rc::clone(with);
    adapter.on_erase(move || {
        act(&|music, window| {
            let mut query = music.query.clone();
            query.pop();
            music.search(window, query);
        });
    });
    let act = Rc::clone(with);
    adapter.on_clear(move || act(&|music, window| music.search(window, String::new())));
    let act = Rc::clone(with);
    adapter.on_open_found(move |row| {
        act(&|music, window| {
            let Some(row) = u32::try_from(row).ok().and_then(|row| music.found.row(row)) else { return };
            let tap = if rows::holds(&row.item.kind) {
                window.global::<MediaAdapter>().set_tab(MediaTab::Library);
                music.library.open_item(&row.item, 0.0)
            } else if row.item.available {
                Tap::Ask(MediaCommand::Play(row.item.id))
            } else {
                Tap::Away(Box::new(row.item))
            };
            music.tap(window, tap);
        });
    });
    let act = Rc::clone(with);
    adapter.on_open_page(move || {
        act(&|_, window| {
            window.global::<MediaAdapter>().set_tab(MediaTab::Now);
            window.global::<ScreenAdapter>().set_page(Page::Media);
        });
    });
}

fn connect_choices(adapter: &MediaAdapter<'_>, with: &Rc<impl Fn(&dyn Fn(&mut Music, &CentreWindow)) + 'static>) {
    let place = |row: i32| u32::try_from(row).unwrap_or(u32::MAX);
    let act = Rc::clone(with);
    adapter.on_choose_row(move |row| {
        act(&|music, window| {
            let item = music.library.item(place(row));
            music.choose(window, item.map(|item| Chosen::Item(Box::new(item))));
        });
    });
    let act = Rc::clone(with);
    adapter.on_choose_found(move |row| {
        act(&|music, window| {
            let row = music.found.row(place(row));
            music.choose(window, row.map(|row| Chosen::Item(Box::new(row.item))));
        });
    });
    let act = Rc::clone(with);
    adapter.on_choose_entry(move |row| {
        act(&|music, window| {
            let row = music.queue.row(place(row));
            music.choose(window, row.map(|row| Chosen::Entry(Box::new(row))));
        });
    });
    let act = Rc::clone(with);
    adapter.on_choose_queue(move || act(&|music, window| music.choose(window, Some(Chosen::Queue))));
    let act = Rc::clone(with);
    adapter.on_close_choices(move || act(&|music, window| music.choose(window, None)));
    let act = Rc::clone(with);
    adapter.on_play_chosen(move || act(&|music, window| music.play_chosen(window)));
    let act = Rc::clone(with);
    adapter.on_play_chosen_next(move || act(&|music, window| music.queue_chosen(window, Place::Next)));
    let act = Rc::clone(with);
    adapter.on_queue_chosen(move || act(&|music, window| music.queue_chosen(window, Place::Last)));
    let act = Rc::clone(with);
    adapter.on_move_chosen(move |steps| act(&|music, window| music.move_chosen(window, steps)));
    let act = Rc::clone(with);
    adapter.on_remove_chosen(move || act(&|music, window| music.remove_chosen(window)));
}
