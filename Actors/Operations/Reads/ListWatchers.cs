using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

internal sealed class ListWatchers : Read
{
    private readonly Parameter<VolumeId> _volume;

    public ListWatchers()
        : base("watcher.list", "List who has a volume open to write.", "/v1/volumes/{volume}/watchers") => _volume = Volume("volume");

    public override IReadOnlyList<string> Fields { get; } = ["client", "address"];

    protected override async Task<(IEnumerable<object?[]> Rows, string? Next)> RowsAsync(
        IBlockStore store, Given given, string? after, int limit, CancellationToken cancellationToken) =>
        ((await store.GetTiesAsync(given.Get(_volume), cancellationToken)).Watchers.Select(watcher => new object?[] { watcher.Client, watcher.Address }), null);
}
