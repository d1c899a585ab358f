using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

internal sealed class ListConfiguration : Read
{
    private readonly Parameter<VolumeId> _volume;

    public ListConfiguration()
        : base("volume.config.list", "List the options of a volume, their values and where these come from.", "/v1/volumes/{volume}/config") =>
        _volume = Volume("volume");

    public override IReadOnlyList<string> Fields { get; } = ["option", "value", "source"];

    protected override async Task<(IEnumerable<object?[]> Rows, string? Next)> RowsAsync(
        IBlockStore store, Given given, string? after, int limit, CancellationToken cancellationToken) => (
        (await store.GetOptionsAsync(given.Get(_volume), cancellationToken)).Select(option => new object?[] { option.Name, option.Value, option.Source }), null);
}
