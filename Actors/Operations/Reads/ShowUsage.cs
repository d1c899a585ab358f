using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

internal sealed class ShowUsage : Read
{
    private readonly Parameter<VolumeId> _volume;

    public ShowUsage()
        : base("volume.usage", "Show what a volume and each of its snapshots take up.", "/v1/volumes/{volume}/usage") => _volume = Volume("volume");

    public override IReadOnlyList<string> Fields { get; } = ["snapshot", "provisioned_bytes", "used_bytes"];

    protected override async Task<(IEnumerable<object?[]> Rows, string? Next)> RowsAsync(
        IBlockStore store, Given given, string? after, int limit, CancellationToken cancellationToken) => (
        (await store.GetUsageAsync(given.Get(_volume), cancellationToken)).Select(u => new object?[] { u.Snapshot, u.ProvisionedBytes, u.UsedBytes }), null);
}
