using Mooring.Messages;

namespace Mooring.Storage.Embedded;

/// <summary>The tables of the store.</summary>
internal static class Schema
{
    private const long Version = 5;

    /// <summary>What each version adds to the one before it.</summary>
    private static readonly string[][] _versions =
    [
        [
            "CREATE TABLE pools (name TEXT PRIMARY KEY) WITHOUT ROWID",
            "CREATE TABLE namespaces (pool TEXT, name TEXT, PRIMARY KEY (pool, name)) WITHOUT ROWID",
            // A session is one connection. fenced_until is UTC milliseconds; null while it may act.
            "CREATE TABLE sessions (address TEXT PRIMARY KEY, purpose TEXT NOT NULL, fenced_until INTEGER) WITHOUT ROWID",
            // state: ready, or copying while (or since) owner copies it. trim_to: bytes of the data file from there on are to be forgotten.
            """
            CREATE TABLE images (
                id TEXT PRIMARY KEY, pool TEXT NOT NULL, ns TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL, state TEXT NOT NULL,
                owner TEXT NOT NULL, created INTEGER NOT NULL, data_file TEXT, trim_to INTEGER, UNIQUE (pool, ns, name)) WITHOUT ROWID
            """,
            "CREATE TABLE metadata (image TEXT, key TEXT, value TEXT NOT NULL, PRIMARY KEY (image, key)) WITHOUT ROWID",
            // Who has an image open for what. Counts only while its session lives and is not fenced.
            "CREATE TABLE uses (id INTEGER PRIMARY KEY, image TEXT NOT NULL, session TEXT NOT NULL, kind TEXT NOT NULL)",
            "CREATE INDEX uses_of_image ON uses (image)",
            // Data files that no image names (yet, or any more), entered before they are made: what sweeping may delete.
            "CREATE TABLE loose_files (name TEXT PRIMARY KEY, session TEXT NOT NULL) WITHOUT ROWID",
            """
            CREATE TABLE leases (
                name TEXT PRIMARY KEY, epoch INTEGER NOT NULL, node TEXT NOT NULL, incarnation TEXT NOT NULL, fence TEXT NOT NULL,
                boot TEXT NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID
            """,
            """
            CREATE TABLE lease_history (
                name TEXT, epoch INTEGER, node TEXT NOT NULL, incarnation TEXT NOT NULL, fence TEXT NOT NULL, since INTEGER NOT NULL,
                reason TEXT NOT NULL, PRIMARY KEY (name, epoch)) WITHOUT ROWID
            """,
            "CREATE TABLE records (key TEXT PRIMARY KEY, version INTEGER NOT NULL, value BLOB NOT NULL)",
            // Versions come from one counter, so that a record that was removed and made again never repeats one.
            "CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
            "INSERT INTO counters VALUES ('record', 0)",
        ],
        [
            // highest stays when events are deleted.
            "CREATE TABLE streams (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, highest INTEGER NOT NULL)",
            "CREATE TABLE events (stream INTEGER, number INTEGER, event BLOB NOT NULL, PRIMARY KEY (stream, number)) WITHOUT ROWID",
            "CREATE TABLE snapshots (stream TEXT, number INTEGER, timestamp INTEGER NOT NULL, snapshot BLOB NOT NULL, PRIMARY KEY (stream, number))",
        ],
        [
            // A data file that several rows name is written by nobody: whoever writes takes a copy first. data_end: as in images, what lies beyond it
            // is nothing. name is null once the snapshot was removed while it has clones. Ids are never used again.
            """
            CREATE TABLE image_snapshots (
                id INTEGER PRIMARY KEY AUTOINCREMENT, image TEXT NOT NULL, name TEXT, size INTEGER NOT NULL, data_end INTEGER NOT NULL, data_file TEXT,
                protected INTEGER NOT NULL, created INTEGER NOT NULL, UNIQUE (image, name))
            """,
            "CREATE TABLE snapshot_limits (image TEXT PRIMARY KEY, count_max INTEGER NOT NULL) WITHOUT ROWID",
            "CREATE TABLE clones (image TEXT PRIMARY KEY, snapshot INTEGER NOT NULL) WITHOUT ROWID",
            "CREATE INDEX clones_of_snapshot ON clones (snapshot)",
            "CREATE INDEX images_of_file ON images (data_file)",
            "CREATE INDEX snapshots_of_file ON image_snapshots (data_file)",
            // How an image was asked for; null as it is by default.
            "ALTER TABLE images ADD COLUMN object_size INTEGER",
            "ALTER TABLE images ADD COLUMN features TEXT",
            "ALTER TABLE images ADD COLUMN stripe_unit INTEGER",
            "ALTER TABLE images ADD COLUMN stripe_count INTEGER",
            "ALTER TABLE images ADD COLUMN data_pool TEXT",
            // The image itself stays in images, under a name that none can have (EmbeddedStore.TrashName). Times are UTC milliseconds.
            "CREATE TABLE trash (image TEXT PRIMARY KEY, name TEXT NOT NULL, deleted INTEGER NOT NULL, deferred_until INTEGER NOT NULL) WITHOUT ROWID",
            "CREATE TABLE locks (image TEXT PRIMARY KEY, holder TEXT NOT NULL, id TEXT NOT NULL, tag TEXT NOT NULL) WITHOUT ROWID",
        ],
        [
            "CREATE TABLE image_groups (id TEXT PRIMARY KEY, pool TEXT NOT NULL, ns TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (pool, ns, name)) WITHOUT ROWID",
            "CREATE TABLE group_images (image TEXT PRIMARY KEY, group_id TEXT NOT NULL) WITHOUT ROWID",
            "CREATE TABLE group_snapshots (id INTEGER PRIMARY KEY AUTOINCREMENT, group_id TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (group_id, name))",
            // What an image's snapshot is a part of; it has no name of its own then.
            "ALTER TABLE image_snapshots ADD COLUMN group_snapshot INTEGER",
        ],
        [
            // Both are ids of images. The source lies in the trash, which knows its name.
            "CREATE TABLE migrations (target TEXT PRIMARY KEY, source TEXT NOT NULL UNIQUE, executed INTEGER NOT NULL) WITHOUT ROWID",
        ],
    ];

    /// <summary>Makes what is missing.</summary>
    public static void Prepare(Database database, EmbeddedStoreOptions options)
    {
        var found = database.Query(row => row.Number(0), "PRAGMA user_version")[0];
        if (found > Version)
            throw new BlockStoreException(ErrorKind.Unsupported, $"the store in {options.Directory} was made by a newer version ({found}; this one knows {Version})");
        if (found == Version && options.Pools.All(pool => HasPool(database, pool)) && options.Namespaces.All(ns => HasNamespace(database, ns)))
            return;
        database.Write(() =>
        {
            // Another process may have been faster.
            var now = (int)database.Query(row => row.Number(0), "PRAGMA user_version")[0];
            foreach (var statement in _versions.Skip(now).SelectMany(statements => statements))
                database.Execute(statement);
            if (now < Version)
                database.Execute($"PRAGMA user_version = {Version}");
            foreach (var pool in options.Pools)
                database.Execute("INSERT OR IGNORE INTO pools VALUES (?)", pool);
            foreach (var ns in options.Namespaces)
                database.Execute("INSERT OR IGNORE INTO namespaces VALUES (?, ?)", ns.Split('/')[0], ns.Split('/')[1]);
        });
    }

    private static bool HasPool(Database database, string pool) => database.Exists("SELECT 1 FROM pools WHERE name = ?", pool);

    private static bool HasNamespace(Database database, string ns) =>
        database.Exists("SELECT 1 FROM namespaces WHERE pool = ? AND name = ?", ns.Split('/')[0], ns.Split('/')[1]);
}
