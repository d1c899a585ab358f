using Mooring.Messages;

namespace Mooring.Storage.Ceph;

/// <content>Migrations.</content>
internal sealed partial class CephStore
{
    public Task<ImageMigration?> GetMigrationAsync(VolumeId target, CancellationToken cancellationToken) => _migration.GetAsync(target, cancellationToken);

    public Task PrepareMigrationAsync(VolumeId source, ImageId image, VolumeId target, ImageLayout layout, CancellationToken cancellationToken) =>
        _migration.PrepareAsync(source, image, target, layout, cancellationToken);

    public Task ExecuteMigrationAsync(VolumeId target, IProgress<double>? progress, CancellationToken cancellationToken) =>
        _migration.ExecuteAsync(target, progress, cancellationToken);

    public Task CommitMigrationAsync(ImageMigration migration, IProgress<double>? progress, CancellationToken cancellationToken) =>
        _migration.CommitAsync(migration, progress, cancellationToken);

    public Task AbortMigrationAsync(ImageMigration migration, IProgress<double>? progress, CancellationToken cancellationToken) =>
        _migration.AbortAsync(migration, progress, cancellationToken);
}
