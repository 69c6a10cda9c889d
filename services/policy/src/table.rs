use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// Why a table is none.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    #[error("the table does not read")]
    Toml(#[from] toml::de::Error),
    #[error("{place}: there is no role `{role}`")]
    NoRole { place: String, role: String },
    #[error("{place}: `{role}` stands there twice")]
    Twice { place: String, role: String },
    #[error("roles.{role}: exactly one of `user`, `group` and `private` is needed")]
    Account { role: String },
    #[error("serves.{served}: its role `{role}` does not own `{name}`")]
    NotOwned { served: String, role: String, name: String },
}

/// Who a role is to the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Account<'a> {
    User(&'a str),
    Group(&'a str),
    /// It is on private buses alone, such as the simulator's; the system's bus knows nothing of it.
    Private,
}

/// One that is on the bus.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    group: Option<String>,
    #[serde(default)]
    private: bool,
    /// The file of its configuration, from the root of the repository.
    #[serde(default)]
    pub file: Option<String>,
    /// Names that it alone may own.
    #[serde(default)]
    pub owns: Vec<String>,
    /// Beginnings of names that it alone may own: `a.b` is `a.b` and all `a.b.c`.
    #[serde(default)]
    pub owns_below: Vec<String>,
    /// What it asks of the bus itself. Empty: whatever the system lets everybody ask.
    #[serde(default)]
    pub asks_the_bus: Vec<String>,
    /// What it asks and hears of services that are not ours: by their name and interface. Who else may is theirs to say.
    #[serde(default)]
    pub others: BTreeMap<String, BTreeMap<String, Foreign>>,
}

/// Of an interface that is not ours, what a role calls and hears.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Foreign {
    #[serde(default)]
    pub methods: Vec<String>,
    #[serde(default)]
    pub signals: Vec<String>,
}

impl Role {
    /// Who it is; `None` if the table says more than one thing, or nothing.
    pub fn account(&self) -> Option<Account<'_>> {
        match (&self.user, &self.group, self.private) {
            (Some(user), None, false) => Some(Account::User(user)),
            (None, Some(group), false) => Some(Account::Group(group)),
            (None, None, true) => Some(Account::Private),
            _ => None,
        }
    }

    /// A service of ours, which may do what the table says and nothing else; people and root may do other things on the same bus.
    pub fn is_service(&self) -> bool {
        self.account() != Some(Account::Private) && !self.asks_the_bus.is_empty()
    }
}

/// One interface at its objects, and who may call and hear what of it.
#[derive(Clone, Debug)]
pub struct Interface {
    /// Where it is served; by default the path of the interface's own name.
    pub paths: Vec<String>,
    pub methods: BTreeMap<String, BTreeSet<String>>,
    pub signals: BTreeMap<String, BTreeSet<String>>,
}

/// A connection that serves interfaces.
#[derive(Clone, Debug)]
pub struct Served {
    /// The role behind it.
    pub role: String,
    /// The name that it has whatever the car has: what is said to any name of the connection is judged by this one.
    pub name: String,
    pub interfaces: BTreeMap<String, Interface>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    roles: BTreeMap<String, Role>,
    serves: BTreeMap<String, WrittenServed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenServed {
    role: String,
    name: String,
    interfaces: BTreeMap<String, WrittenInterface>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenInterface {
    #[serde(default)]
    paths: Vec<String>,
    #[serde(default)]
    methods: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    signals: BTreeMap<String, Vec<String>>,
}

/// The whole table.
#[derive(Clone, Debug)]
pub struct Table {
    pub roles: BTreeMap<String, Role>,
    pub serves: BTreeMap<String, Served>,
}

impl Table {
    /// Reads a table and holds it against itself.
    ///
    /// # Errors
    /// It is no TOML of this form, names a role that it does not have, or one that is nobody or two.
    pub fn read(text: &str) -> Result<Self, PolicyError> {
        let Written { roles, serves } = toml::from_str(text)?;
        for (name, role) in &roles {
            if role.account().is_none() {
                return Err(PolicyError::Account { role: name.clone() });
            }
        }
        let mut table = Self { roles, serves: BTreeMap::new() };
        for (name, written) in serves {
            let served = table.served(&name, written)?;
            table.serves.insert(name, served);
        }
        Ok(table)
    }

    fn served(&self, served: &str, written: WrittenServed) -> Result<Served, PolicyError> {
        let WrittenServed { role, name, interfaces } = written;
        let Some(owner) = self.roles.get(&role) else {
            return Err(PolicyError::NoRole { place: format!("serves.{served}"), role });
        };
        if !owner.owns.contains(&name) {
            return Err(PolicyError::NotOwned { served: served.to_owned(), role, name });
        }
        let interfaces = interfaces
            .into_iter()
            .map(|(interface, written)| {
                let members = |members: BTreeMap<String, Vec<String>>| {
                    let place = |member: &str| format!("serves.{served}: {interface}.{member}");
                    let who = |(member, who): (String, Vec<String>)| {
                        let who = self.who(&place(&member), who)?;
                        Ok((member, who))
                    };
                    members.into_iter().map(who).collect::<Result<BTreeMap<_, _>, PolicyError>>()
                };
                let (methods, signals) = (members(written.methods)?, members(written.signals)?);
                let paths = match written.paths {
                    none if none.is_empty() => vec![format!("/{}", interface.replace('.', "/"))],
                    paths => paths,
                };
                Ok((interface, Interface { paths, methods, signals }))
            })
            .collect::<Result<_, PolicyError>>()?;
        Ok(Served { role, name, interfaces })
    }

    fn who(&self, place: &str, who: Vec<String>) -> Result<BTreeSet<String>, PolicyError> {
        let mut all = BTreeSet::new();
        for role in who {
            if !self.roles.contains_key(&role) {
                return Err(PolicyError::NoRole { place: place.to_owned(), role });
            }
            if !all.insert(role.clone()) {
                return Err(PolicyError::Twice { place: place.to_owned(), role });
            }
        }
        Ok(all)
    }

    /// Whether a role may call a method of what is served.
    pub fn may_call(&self, role: &str, served: &str, interface: &str, method: &str) -> bool {
        let interface = self.serves.get(served).and_then(|served| served.interfaces.get(interface));
        interface.and_then(|interface| interface.methods.get(method)).is_some_and(|who| who.contains(role))
    }

    /// Whether a role may hear a signal of what is served.
    pub fn may_hear(&self, role: &str, served: &str, interface: &str, signal: &str) -> bool {
        let interface = self.serves.get(served).and_then(|served| served.interfaces.get(interface));
        interface.and_then(|interface| interface.signals.get(signal)).is_some_and(|who| who.contains(role))
    }

    /// What a role serves, with its key in the table.
    pub fn served_by<'a>(&'a self, role: &'a str) -> impl Iterator<Item = (&'a str, &'a Served)> {
        self.serves.iter().filter(move |(_, served)| served.role == role).map(|(key, served)| (key.as_str(), served))
    }
}
