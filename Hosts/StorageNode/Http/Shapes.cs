using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Messages.Wire;
using Mooring.Operations;

namespace Mooring.StorageNode.Http;

/// <summary>Turns messages into what HTTP shows.</summary>
internal static class Shapes
{
    public static VolumeShape Of(VolumeInfo v) => new(
        v.Volume.Pool, v.Volume.Namespace, v.Volume.Image, v.Id, v.SizeBytes, v.ObjectSizeBytes, v.Features, v.CreatedAt, v.Parent, v.Metadata)
    {
        StripeUnitBytes = v.StripeUnitBytes ?? v.ObjectSizeBytes,
        StripeCount = v.StripeCount ?? 1,
        DataPool = v.DataPool,
        Damage = v.Damage,
        ContentSha256 = v.ContentSha256,
        Snapshots = v.Snapshots is { } s ? new SnapshotSummaryShape(s.Count, s.ProtectedCount, s.CountMax) : null,
        Children = v.Children,
        Watchers = v.Ties?.Watchers,
        Locks = v.Ties?.Locks,
        Migration = v.Migration is { } m ? new MigrationShape(m.Source, m.State, m.Detail) : null,
    };

    public static OperationShape Of(OperationView o) => new(
        o.Id.Value,
        o.RequestId.Value,
        o.Command.Kind,
        o.Command.Volume.ToString(),
        o.Command.SourceVolume?.ToString(),
        Name(o.State),
        Math.Round(o.Progress, 4),
        o.Attempts,
        o.Result is null ? null : Of(o.Result),
        o.Error is null ? null : Of(o.Error),
        o.AcceptedAt,
        o.StartedAt,
        o.FinishedAt,
        o.ExecutedBy?.Value,
        o.DeliveredBy?.Value)
    {
        Setback = o.Setback is { } s ? new SetbackShape(Of(s.Reason), s.Count, s.Since, s.NextTryAt) : null,
        CancelAsked = o.CancelAsked,
    };

    public static NodeShape Of(NodeView n) => new(
        n.Name,
        n.Address,
        n.State,
        n.Health is null ? null : new HealthShape(Verdict(n.Health.DispatcherOk), Verdict(n.Health.RbdLinkOk), n.Health.Since, n.Health.Problem, Verdict(n.Health.VipLinkOk)),
        n.VipOwner,
        n.Health is { VipTaking: true } && !n.VipOwner,
        n.Away);

    public static CheckPage Of(StoreChecked c) =>
        new(c.ImageCount, [.. c.Findings.Select(f => new CheckFindingShape(f.Kind, f.Name, f.Detail, f.CanRepair, f.Repaired))], c.Next);

    public static VipShape Of(VipHistory v)
    {
        var cut = v.Endpoint.LastIndexOf(':');
        var now = v.Ownerships.Count > 0 ? v.Ownerships[0] : null;
        return new VipShape(
            v.Endpoint[..cut].Trim('[', ']'),
            int.Parse(v.Endpoint[(cut + 1)..], System.Globalization.CultureInfo.InvariantCulture),
            now?.Node.Value,
            now?.Epoch.Value ?? 0,
            now?.Since,
            [.. v.Ownerships.Select(o => new VipOwnershipShape(o.Node.Value, o.Epoch.Value, o.Since, o.Reason))]);
    }

    public static FileSystemShape Of(FileSystemView f) => new(
        f.Name.Value,
        f.Pool,
        f.SizeBytes,
        [.. f.Areas.Select(a => new AreaShape(a.Number, a.Path, a.Image.ToString(), a.Writer?.Value, [.. a.Readers.Select(r => r.Value)], a.Epoch.Value))],
        f.Files,
        f.UsedBytes);

    public static GrantShape Of(AccessGranted g) => new(
        g.Area.FileSystem.Value,
        g.Area.Number,
        g.Path,
        g.Scope,
        g.Epoch.Value,
        g.Members.Where(m => m.Node == g.Writer).Select(Of).FirstOrDefault(),
        [.. g.Members.Where(m => m.Node != g.Writer).Select(Of)],
        [.. g.Members.Select(m => m.Address)],
        g.WriteToken,
        g.ReadTokens.ToDictionary(t => t.Key.Value, t => t.Value),
        g.ExpiresAt);

    public static EntryShape Of(FileEntry e) => new(
        e.Path,
        e.IsDirectory ? "directory" : "file",
        e.SizeBytes,
        e.ModifiedAt,
        e.Crc32C?.ToString("x8", System.Globalization.CultureInfo.InvariantCulture),
        e.Area);

    private static ErrorShape Of(OperationError e) => new(e.Type, e.Title, e.Detail, e.Errno);

    private static MemberShape Of(DataNodeAddress member) => new(member.Node.Value, member.Address);

    public static bool TryState(string text, out OperationState state)
    {
        foreach (var candidate in Enum.GetValues<OperationState>())
        {
            if (Name(candidate) != text)
                continue;
            state = candidate;
            return true;
        }
        state = default;
        return false;
    }

    private static string Name(OperationState state) => state.ToString().ToLowerInvariant();

    private static string Verdict(bool ok) => ok ? "ok" : "failed";
}
