//! What people set in their car, as the settings service has it.

use anyhow::bail;
use clap::{Args, Subcommand};
use serde_json::{Map, Value as Json, json};
use tandem_contracts::settings::{Follower, News, Notice, Setting, Settings1Proxy, Table, find};
use tandem_contracts::wire::{from_variant, to_variant};
use tandem_units::Value;
use tokio::signal::ctrl_c;
use zbus::Variant;
use zbus::proxy::CacheProperties;

use crate::client::{HINT, absent, connect, explain, explain_wish};
use crate::failure::{Status, set_up};
use crate::say::{complain, say};
use crate::table::{self, Align};
use crate::values::{self, WITHHELD};

/// The widest value in a table, columns.
const WIDEST: usize = 44;

/// Shows and changes what is set in the car: its language, units, colours and so on. Without a command it lists them.
#[derive(Args)]
pub struct Settings {
    #[command(subcommand)]
    order: Option<Order>,
    /// Prints JSON; with `follow` a line for each change.
    #[arg(long, global = true)]
    json: bool,
    /// Tells values that say something about a person, too, such as the driver's name.
    #[arg(long, global = true)]
    private: bool,
}

#[derive(Subcommand)]
enum Order {
    /// Every setting: what it is, what it is unless somebody sets it, and what it may be.
    List,
    /// What one setting is.
    Get { key: String },
    /// Sets it; returns once it is on the disk (status 3 if the answer does not come in time: it may be set or not). What takes more than a glance is refused while the car does not stand parked.
    Set {
        key: String,
        /// A word, a whole number, true or false, or a text: `tandem settings list` says which.
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
    /// Makes it what it is unless somebody sets it.
    Reset { key: String },
    /// All of them, then each change as it happens, until Ctrl-C.
    Follow,
    /// The driver has seen the notice: it is not told again.
    DismissNotice,
}

impl Settings {
    pub async fn run(self) -> anyhow::Result<Status> {
        // What is no setting needs no service to be refused.
        let wanted = match &self.order {
            Some(Order::Set { key, value }) => Some(find(key)?.read(value)?),
            Some(Order::Get { key } | Order::Reset { key }) => find(key).map(|_| None)?,
            _ => None,
        };
        let connection = connect().await?;
        let settings = Settings1Proxy::builder(&connection).cache_properties(CacheProperties::No).build().await?;
        match &self.order {
            None | Some(Order::List) => self.list(settings.list().await.map_err(explain)?)?,
            Some(Order::Get { key }) => {
                if find(key)?.is_private && !self.private {
                    return Err(set_up(format!("`{key}` says something about a person: `--private` tells it")));
                }
                let is = settings.get(key.clone()).await.map_err(explain)?;
                self.tell(key, value(&is).as_ref(), None);
            }
            Some(Order::Set { key, .. }) => {
                let set = settings.set(key.clone(), to_variant(wanted.as_ref())).await;
                set.map_err(|error| explain_wish(error, &format!("`{key}` is set"), &look(key)))?;
                self.tell(key, wanted.as_ref(), Some("set"));
            }
            Some(Order::Reset { key }) => {
                let reset = settings.reset(key.clone()).await;
                reset.map_err(|error| explain_wish(error, &format!("`{key}` is reset"), &look(key)))?;
                self.tell(key, Some(&find(key)?.default()), Some("reset"));
            }
            Some(Order::Follow) => return self.follow(Follower::open(&connection).await?).await,
            Some(Order::DismissNotice) => settings
                .dismiss_notice()
                .await
                .map_err(|error| explain_wish(error, "the notice is put away", "`tandem settings list` tells it."))?,
        }
        Ok(Status::OK)
    }

    fn is_told(&self, key: &str) -> bool {
        self.private || find(key).is_ok_and(|spec| !spec.is_private)
    }

    /// A value in one line, with its key before it if it was just `done`: set or reset.
    fn tell(&self, key: &str, value: Option<&Value>, done: Option<&str>) {
        let told = self.is_told(key);
        if self.json {
            return say(&json!({ "key": key, "value": values::json(value.filter(|_| told)) }).to_string());
        }
        let value = value.map(values::text).unwrap_or_default();
        say(&match done {
            Some(done) if !told => format!("{key} is {done} ({WITHHELD}: not shown without --private)"),
            Some(_) => format!("{key} = {value}"),
            None => value,
        });
    }

    fn list(&self, table: Table) -> anyhow::Result<()> {
        if self.json {
            say(&serde_json::to_string_pretty(&self.as_json(&table))?);
            return Ok(());
        }
        let head = [("setting", Align::Left), ("is", Align::Left), ("default", Align::Left), ("may be", Align::Left)];
        let mut rows = table::Table::new(head);
        for setting in &table.settings {
            let is = match text(&setting.value) {
                text if self.private || !setting.is_private || text.is_empty() => table::cut(&text, WIDEST),
                _ => format!("({WITHHELD})"),
            };
            rows.row([setting.key.clone(), is, text(&setting.default), may_be(setting)]);
        }
        say(rows.to_string().trim_end());
        notice(&table.notice);
        Ok(())
    }

    fn as_json(&self, table: &Table) -> Json {
        let setting = |setting: &Setting| {
            let is = value(&setting.value).filter(|_| self.private || !setting.is_private);
            let default = value(&setting.default);
            let number = |number: i64| (setting.kind == "number").then_some(number);
            json!({
                "key": setting.key, "value": values::json(is.as_ref()), "default": values::json(default.as_ref()), "kind": setting.kind,
                "unit": setting.unit, "allowed": setting.allowed, "min": number(setting.min), "max": number(setting.max),
                "step": number(setting.step), "max_characters": (setting.kind == "text").then_some(setting.max_characters),
                "private": setting.is_private, "not_with": setting.not_with, "about": setting.about,
            })
        };
        let settings: Vec<_> = table.settings.iter().map(setting).collect();
        json!({ "kept": table.is_kept, "notice": as_json(&table.notice), "settings": settings })
    }

    async fn follow(&self, mut follower: Follower) -> anyhow::Result<Status> {
        if !follower.is_owned() {
            complain(&absent("settings service", HINT));
        }
        loop {
            let news = tokio::select! {
                news = follower.next() => news,
                _ = ctrl_c() => return Ok(Status::OK),
            };
            let Some(news) = news else { bail!("the bus is gone") };
            match news {
                News::Table(table) if self.json => {
                    let values = table.settings.iter().filter(|setting| self.private || !setting.is_private);
                    let values: Map<_, _> = values
                        .map(|setting| (setting.key.clone(), values::json(value(&setting.value).as_ref())))
                        .collect();
                    say(&json!({ "settings": values, "notice": as_json(&table.notice) }).to_string());
                }
                News::Table(table) => self.list(table)?,
                News::Changed { key, value } => self.tell(&key, Some(&value), Some("set")),
                News::Gone if self.json => say(&json!({ "gone": true }).to_string()),
                News::Gone => {
                    complain("the settings service is gone, what was set stays in force; waiting for it to come back")
                }
            }
        }
    }
}

/// Where to look when nobody knows what a setting is.
fn look(key: &str) -> String {
    let private = if find(key).is_ok_and(|spec| spec.is_private) { " --private" } else { "" };
    format!("`tandem settings get {key}{private}` tells what it is.")
}

fn value(variant: &Variant<'_>) -> Option<Value> {
    from_variant(0, variant).ok()?.1
}

fn as_json(notice: &Notice) -> Option<Json> {
    let Notice { kind, file, reason } = notice.clone().some()?;
    Some(json!({ "kind": kind, "file": file, "reason": reason }))
}

fn text(variant: &Variant<'_>) -> String {
    value(variant).as_ref().map(values::text).unwrap_or_default()
}

/// What the driver is to be told is told here, too.
fn notice(notice: &Notice) {
    if !notice.kind.is_empty() {
        complain(&format!("{} `tandem settings dismiss-notice` puts this away.", notice.sentence()));
    }
}

/// What a setting may be, as the service says, and when.
fn may_be(setting: &Setting) -> String {
    let Setting { min, max, step, unit, .. } = setting;
    let range = match setting.kind.as_str() {
        "choice" => setting.allowed.join(", "),
        "number" => {
            let steps = if *step == 1 { String::new() } else { format!(" in steps of {step}") };
            format!("{min} to {max} {unit}").trim_end().to_owned() + &steps
        }
        "flag" => "true, false".to_owned(),
        _ => format!("at most {} characters", setting.max_characters),
    };
    if setting.not_with.is_empty() { range } else { format!("{range}; not with {}", setting.not_with) }
}
