//! Views, a page at a time.

use crate::Library;
use crate::error::LibraryError;
use crate::model::{ItemId, Page, Parent, View};
use crate::order::{self, Order, decode};
use crate::rows::items;

/// Rows of one page.
const PAGE: u32 = 1_000;
/// Ids of one answer.
const IDS: usize = 100_000;

impl Library {
    /// Rows `offset` to `offset + limit` (1,000 at most) of a view; none beyond its end.
    ///
    /// # Errors
    /// [`LibraryError::NoSuchItem`], [`LibraryError::NoSuchVolume`] if the parent is not known.
    pub async fn page(&self, view: View, parent: &Parent, offset: u32, limit: u32) -> Result<Page, LibraryError> {
        let generation = self.generation();
        let order = self.order(generation, view, parent).await?;
        let start = order.len().min(offset as usize);
        let rows: Vec<ItemId> =
            order.iter().skip(start).take(limit.min(PAGE) as usize).filter_map(|number| decode(*number)).collect();
        let mut reader = self.0.readers.acquire().await?;
        let rows = items(&mut reader, &rows, &self.0.art).await?;
        Ok(Page { generation, total: u32::try_from(order.len()).unwrap_or(u32::MAX), rows })
    }

    /// The rows of a view that play, in its order; 100,000 at most.
    pub async fn ids(&self, view: View, parent: &Parent) -> Result<Vec<ItemId>, LibraryError> {
        let order = self.order(self.generation(), view, parent).await?;
        Ok(order.iter().filter_map(|number| decode(*number)).filter(|id| id.kind.plays()).take(IDS).collect())
    }

    /// What an item plays, in playing order, 100,000 at most: itself if it plays; a folder with all that lies in it.
    pub async fn contents(&self, id: ItemId) -> Result<Vec<ItemId>, LibraryError> {
        let mut reader = self.0.readers.acquire().await?;
        order::exists(&mut reader, id).await?;
        let Some(sql) = order::contents(id.kind) else { return Ok(vec![id]) };
        let numbers = order::numbers(&mut reader, sql, id.row).await?;
        Ok(numbers.iter().filter_map(|number| decode(*number)).take(IDS).collect())
    }

    async fn order(&self, generation: u64, view: View, parent: &Parent) -> Result<Order, LibraryError> {
        if let Some(order) = self.0.orders.get(generation, view, parent) {
            return Ok(order);
        }
        let mut reader = self.0.readers.acquire().await?;
        let order = order::order(&mut reader, view, parent).await?;
        self.0.orders.keep(generation, view, parent, &order);
        Ok(order)
    }
}
