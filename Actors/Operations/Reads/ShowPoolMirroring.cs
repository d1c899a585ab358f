using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

internal sealed class ShowPoolMirroring : Read
{
    private readonly Parameter<VolumeId> _place;

    public ShowPoolMirroring()
        : base("pool.mirror.status", "Show which images of a pool or namespace can be mirrored.", "/v1/pool-mirroring") => _place = Place("pool");

    public override IReadOnlyList<string> Fields { get; } = ["mode"];

    protected override async Task<(IEnumerable<object?[]> Rows, string? Next)> RowsAsync(
        IBlockStore store, Given given, string? after, int limit, CancellationToken cancellationToken)
    {
        var place = given.Get(_place);
        return ([[(await store.GetPoolMirroringAsync(place.Pool, place.Namespace, cancellationToken)).ToString().ToLowerInvariant()]], null);
    }
}
