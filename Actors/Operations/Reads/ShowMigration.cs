using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

internal sealed class ShowMigration : Read
{
    private readonly Parameter<VolumeId> _volume;

    public ShowMigration()
        : base("volume.migration.status", "Show where a volume is being moved from, and how far that is.", "/v1/volumes/{volume}/migration") => _volume = Volume("volume");

    public override IReadOnlyList<string> Fields { get; } = ["source", "source_id", "target", "target_id", "state", "detail"];

    protected override async Task<(IEnumerable<object?[]> Rows, string? Next)> RowsAsync(
        IBlockStore store, Given given, string? after, int limit, CancellationToken cancellationToken) =>
        await store.GetMigrationAsync(given.Get(_volume), cancellationToken) is { } found
            ? ([[found.Source?.ToString(), found.SourceId.Value, found.Target.ToString(), found.TargetId.Value, found.State.Text(), found.Detail]], null)
            : ([], null);
}
