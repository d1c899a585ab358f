using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

internal sealed class ListGroupSnapshots : Read
{
    private readonly Parameter<VolumeId> _group;

    public ListGroupSnapshots()
        : base("group.snapshot.list", "List a group's snapshots.", "/v1/groups/{group}/snapshots") => _group = Volume("group");

    public override IReadOnlyList<string> Fields { get; } = ["name", "id", "complete"];

    protected override async Task<(IEnumerable<object?[]> Rows, string? Next)> RowsAsync(
        IBlockStore store, Given given, string? after, int limit, CancellationToken cancellationToken) => (
        (await store.GetGroupSnapshotsAsync(given.Get(_group), cancellationToken)).Select(s => new object?[] { s.Name, s.Id, s.IsComplete }), null);
}
