using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

internal sealed class ShowStatistics : Read
{
    private readonly Parameter<VolumeId> _place;

    public ShowStatistics()
        : base("pool.stats", "Show how much lies in a pool or namespace.", "/v1/pool-stats") => _place = Place("pool");

    public override IReadOnlyList<string> Fields { get; } =
        ["images", "provisioned_bytes", "snapshots", "trash_images", "trash_provisioned_bytes", "trash_snapshots"];

    protected override async Task<(IEnumerable<object?[]> Rows, string? Next)> RowsAsync(
        IBlockStore store, Given given, string? after, int limit, CancellationToken cancellationToken)
    {
        var place = given.Get(_place);
        var found = await store.GetStatisticsAsync(place.Pool, place.Namespace, cancellationToken);
        return (
            [[found.Images, found.ProvisionedBytes, found.Snapshots, found.TrashImages, found.TrashProvisionedBytes, found.TrashSnapshots]],
            null);
    }
}
