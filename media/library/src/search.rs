//! What a text finds.

use std::collections::HashSet;

use sqlx::sqlite::SqliteConnection;

use crate::Library;
use crate::error::LibraryError;
use crate::fold::{fold, sort_key, stands_alone};
use crate::model::{Item, ItemId, Kind};
use crate::order::{decode, ids};
use crate::rows::items;

/// Items of one answer.
const LIMIT: u32 = 200;
/// Words of a question that count.
const WORDS: usize = 8;
/// Characters of a question that count.
const CHARACTERS: usize = 100;

impl Library {
    /// What a text finds, best first, 200 at most: words or their beginnings in any order, Chinese by any part, by pinyin or its
    /// initials, with or without accents. What has it in its title comes first.
    pub async fn search(&self, text: &str, limit: u32) -> Result<Vec<Item>, LibraryError> {
        let limit = limit.min(LIMIT);
        let text: String = text.chars().take(CHARACTERS).collect();
        let Some(question) = Question::new(&text).filter(|_| limit > 0) else { return Ok(Vec::new()) };
        let mut reader = self.0.readers.acquire().await?;
        let mut seen = HashSet::new();
        let mut ranked: Vec<(Rank, Item)> = Vec::new();
        for sql in [BEGIN, CONTAIN, CONTAIN_IN_TITLE] {
            let candidates = candidates(&mut reader, sql, &question, limit).await?;
            let all = candidates.len() < limit as usize;
            let new: Vec<ItemId> = candidates.into_iter().filter(|id| seen.insert(*id)).collect();
            let new = items(&mut reader, &new, &self.0.art).await?.into_iter();
            // An artist whose tracks went is gone, too; a new podcast has no episode yet.
            let there = new.filter(|item| item.count > 0 || item.id.kind.plays() || item.id.kind == Kind::Podcast);
            ranked.extend(there.map(|item| (question.rank(&item), item)));
            // What begins with the text comes first whatever else there is.
            let begin = ranked.iter().filter(|((fits, ..), _)| *fits <= BEGINS).count() >= limit as usize;
            if begin || all && sql == CONTAIN {
                break;
            }
        }
        ranked.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(ranked.into_iter().take(limit as usize).map(|(_, item)| item).collect())
    }
}

/// The worst fit of a title that begins with the text.
const BEGINS: u8 = 1;

/// Smaller is better: how well the title fits, whether it can be played, its kind, and its place among its like.
type Rank = (u8, bool, u8, String, i64);

struct Question {
    folded: String,
    key: String,
    /// FTS5's terms.
    terms: Vec<String>,
}

impl Question {
    fn new(text: &str) -> Option<Self> {
        let folded = fold(text);
        let terms = terms(&folded);
        (!terms.is_empty()).then(|| Self { key: sort_key(text), folded, terms })
    }

    fn rank(&self, item: &Item) -> Rank {
        let title = fold(&item.title);
        let fits = if title == self.folded {
            0
        } else if title.starts_with(&self.folded) {
            BEGINS
        } else {
            let words: Vec<&str> = title.split(' ').collect();
            let within = |wanted: &str| match wanted.chars().any(stands_alone) {
                true => title.contains(wanted),
                false => words.iter().any(|word| word.starts_with(wanted)),
            };
            if self.folded.split(' ').all(within) {
                2
            } else if sort_key(&item.title).starts_with(&self.key) {
                3
            } else {
                4
            }
        };
        let kind = match item.id.kind {
            Kind::Artist => 0,
            Kind::Album => 1,
            Kind::Track => 2,
            Kind::Playlist => 3,
            Kind::Podcast => 4,
            Kind::Station => 5,
            Kind::Episode => 6,
            Kind::Genre | Kind::Folder => 7,
        };
        (fits, !item.available, kind, sort_key(&item.title), item.id.row)
    }
}

/// Words as FTS5 is asked for them, in its quotes: a phrase of Chinese characters, the beginning of any other word.
pub(crate) fn terms(folded: &str) -> Vec<String> {
    let mut terms: Vec<String> = Vec::new();
    for word in folded.split(' ') {
        let mut run = String::new();
        let mut alone = false;
        for c in word.chars().filter(|c| *c != '"' && *c != '\0').chain([' ']) {
            let stands = stands_alone(c);
            if c == ' ' || stands != alone {
                if !run.is_empty() {
                    terms.push(if alone { format!("\"{}\"", run.trim_end()) } else { format!("\"{run}\"*") });
                }
                run.clear();
                alone = stands;
            }
            run.push(c);
            if stands {
                run.push(' ');
            }
        }
    }
    terms.truncate(WORDS);
    terms
}

/// What begins with the text ?1 to ?2, each list in its order: found by the index, however many there are.
const BEGIN: &str = "SELECT group_concat(id) FROM (
    SELECT * FROM (SELECT 3 << 48 | row AS id FROM artist WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?5)
    UNION ALL SELECT * FROM (SELECT 4 << 48 | row FROM album WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?5)
    UNION ALL SELECT * FROM (SELECT 7 << 48 | row FROM playlist WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?5)
    UNION ALL SELECT * FROM (SELECT 8 << 48 | row FROM podcast WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?5)
    UNION ALL SELECT * FROM (SELECT 1 << 48 | row FROM station WHERE listed AND key >= ?1 AND key < ?2 ORDER BY key LIMIT ?5)
    UNION ALL SELECT * FROM (SELECT 2 << 48 | row FROM episode WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?5)
    UNION ALL SELECT * FROM (SELECT row FROM track WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?5))";

/// What has the words ?3.
const CONTAIN: &str = "SELECT group_concat(rowid) FROM (SELECT rowid FROM word WHERE word MATCH ?3 LIMIT ?5)";

/// What has them in its title. Lists, and what is neither, from the other end: an artist is not to wait behind a thousand episodes.
const CONTAIN_IN_TITLE: &str = "SELECT group_concat(id) FROM (
    SELECT * FROM (SELECT rowid AS id FROM word WHERE word MATCH ?4 AND rowid >= 1 << 48 ORDER BY rowid DESC LIMIT ?5)
    UNION ALL SELECT * FROM (SELECT rowid FROM word WHERE word MATCH ?4 AND rowid < 1 << 48 LIMIT ?5))";

async fn candidates(
    connection: &mut SqliteConnection,
    sql: &'static str,
    question: &Question,
    limit: u32,
) -> Result<Vec<ItemId>, LibraryError> {
    let all = question.terms.join(" AND ");
    let (found,): (Option<String>,) = sqlx::query_as(sql)
        .bind(&question.key)
        .bind(format!("{}\u{10ffff}", question.key))
        .bind(&all)
        .bind(format!("title : ({all})"))
        .bind(limit)
        .fetch_one(connection)
        .await?;
    Ok(ids(&found.unwrap_or_default()).filter_map(decode).collect())
}
