using Mooring.Messages;

namespace Mooring.Storage;

/// <summary>What both stores say of images that are being migrated.</summary>
public static class MigrationNames
{
    /// <summary>Why the target of a migration is not changed.</summary>
    public const string Stays = "is being migrated: commit or abort that first";

    /// <summary>The error when a migration is aborted and another image has got the source's name.</summary>
    /// <param name="migration">The migration.</param>
    /// <returns>The error.</returns>
    public static BlockStoreException Taken(ImageMigration migration) => new(
        ErrorKind.AlreadyExists,
        $"the migration to {migration.Target} is aborted, but another image is called {migration.Source} now: the source lies in the trash as {migration.SourceId}, "
            + "restore it under another name",
        17);
}
