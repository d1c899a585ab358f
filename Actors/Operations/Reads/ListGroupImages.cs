using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

internal sealed class ListGroupImages : Read
{
    private readonly Parameter<VolumeId> _group;

    public ListGroupImages()
        : base("group.image.list", "List the volumes of a group.", "/v1/groups/{group}/images") => _group = Volume("group");

    public override IReadOnlyList<string> Fields { get; } = ["volume", "id", "complete"];

    protected override async Task<(IEnumerable<object?[]> Rows, string? Next)> RowsAsync(
        IBlockStore store, Given given, string? after, int limit, CancellationToken cancellationToken) => (
        (await store.GetGroupImagesAsync(given.Get(_group), cancellationToken)).Select(image => new object?[] { image.Volume, image.Id, image.IsComplete }), null);
}
