using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

internal sealed class ListSnapshots : Read
{
    private readonly Parameter<VolumeId> _volume;

    public ListSnapshots()
        : base("volume.snapshot.list", "List a volume's snapshots, the oldest first.", "/v1/volumes/{volume}/snapshots") => _volume = Volume("volume");

    public override IReadOnlyList<string> Fields { get; } = ["name", "size_bytes", "created_at", "protected", "id"];

    protected override async Task<(IEnumerable<object?[]> Rows, string? Next)> RowsAsync(
        IBlockStore store, Given given, string? after, int limit, CancellationToken cancellationToken)
    {
        var found = await store.GetSnapshotsAsync(given.Get(_volume), cancellationToken);
        return (found.Items.Select(s => new object?[] { s.Name, s.SizeBytes, s.CreatedAt, s.IsProtected, s.Id }), null);
    }
}
