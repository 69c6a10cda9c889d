//! What a text finds.

use std::collections::HashSet;

use sqlx::sqlite::SqliteConnection;

use crate::Library;
use crate::error::LibraryError;
use crate::fold::{fold, sort_key, stands_alone};
use crate::model::{Item, ItemId, Kind};
use crate::order::decode;
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
        let candidates = candidates(&mut reader, &question, limit).await?;
        let items = items(&mut reader, &candidates, &self.0.art).await?;
        let mut ranked: Vec<(Rank, Item)> = items
            .into_iter()
            // An artist whose tracks went is gone, too; a new podcast has no episode yet.
            .filter(|item| item.count > 0 || item.id.kind.plays() || item.id.kind == Kind::Podcast)
            .map(|item| (question.rank(&item), item))
            .collect();
        ranked.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(ranked.into_iter().take(limit as usize).map(|(_, item)| item).collect())
    }
}

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
            1
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

async fn candidates(
    connection: &mut SqliteConnection,
    question: &Question,
    limit: u32,
) -> Result<Vec<ItemId>, LibraryError> {
    let mut found: Vec<i64> = Vec::new();
    // What begins with the text, each list in its order: found by the index, however many there are.
    let end = format!("{}\u{10ffff}", question.key);
    let begins: Vec<(i64,)> = sqlx::query_as(
        "SELECT * FROM (SELECT 3 << 48 | row FROM artist WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3)
         UNION ALL SELECT * FROM (SELECT 4 << 48 | row FROM album WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3)
         UNION ALL SELECT * FROM (SELECT row FROM track WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3)",
    )
    .bind(&question.key)
    .bind(end)
    .bind(limit)
    .fetch_all(&mut *connection)
    .await?;
    found.extend(begins.into_iter().map(|(number,)| number));
    let all = question.terms.join(" AND ");
    let in_title = format!("title : ({all})");
    // Lists, and what is neither, from the other end: an artist is not to wait behind a thousand episodes.
    for (sql, terms, enough) in [
        (
            "SELECT rowid FROM word WHERE word MATCH ? AND rowid >= 1 << 48 ORDER BY rowid DESC LIMIT ?",
            &in_title,
            usize::MAX,
        ),
        ("SELECT rowid FROM word WHERE word MATCH ? AND rowid < 1 << 48 LIMIT ?", &in_title, usize::MAX),
        ("SELECT rowid FROM word WHERE word MATCH ? LIMIT ?", &all, limit as usize),
    ] {
        if found.len() < enough {
            let rows: Vec<(i64,)> = sqlx::query_as(sql).bind(terms).bind(limit).fetch_all(&mut *connection).await?;
            found.extend(rows.into_iter().map(|(number,)| number));
        }
    }
    let mut seen = HashSet::with_capacity(found.len());
    Ok(found.into_iter().filter(|number| seen.insert(*number)).filter_map(decode).collect())
}
