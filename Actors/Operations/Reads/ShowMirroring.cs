using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

internal sealed class ShowMirroring : Read
{
    private readonly Parameter<VolumeId> _volume;

    public ShowMirroring()
        : base("volume.mirror.status", "Show how a volume is mirrored, and what each of those who copy it says.", "/v1/volumes/{volume}/mirroring") => _volume = Volume("volume");

    public override IReadOnlyList<string> Fields { get; } = ["state", "mode", "primary", "global_id", "snapshots", "site", "site_state", "description", "updated_at"];

    protected override async Task<(IEnumerable<object?[]> Rows, string? Next)> RowsAsync(
        IBlockStore store, Given given, string? after, int limit, CancellationToken cancellationToken)
    {
        var found = await store.GetMirroringAsync(given.Get(_volume), cancellationToken);
        object?[] Row(MirrorSite? site) =>
        [
            found.State.ToString().ToLowerInvariant(), found.ModeText, found.IsPrimary, found.GlobalId, (long)found.Snapshots.Count,
            site?.Id, site?.State, site?.Description, site?.UpdatedAt,
        ];
        return (found.Sites.Count == 0 ? [Row(null)] : found.Sites.Select(Row), null);
    }
}
