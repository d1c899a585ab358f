using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

internal sealed class ListLocks : Read
{
    private readonly Parameter<VolumeId> _volume;

    public ListLocks()
        : base("lock.list", "List who has locked a volume.", "/v1/volumes/{volume}/locks") => _volume = Volume("volume");

    public override IReadOnlyList<string> Fields { get; } = ["holder", "lock_id", "address", "shared", "automatic", "holder_has_it_open"];

    protected override async Task<(IEnumerable<object?[]> Rows, string? Next)> RowsAsync(
        IBlockStore store, Given given, string? after, int limit, CancellationToken cancellationToken)
    {
        var ties = await store.GetTiesAsync(given.Get(_volume), cancellationToken);
        return (
            ties.Locks.Select(there => new object?[]
            {
                there.Holder, there.Id, there.Address, there.Shared, there.Automatic, BreakLockOperation.HolderOf(there, ties) is not null,
            }),
            null);
    }
}
