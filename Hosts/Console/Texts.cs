using System.Globalization;
using System.Text.Json;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Palettes;

/// <summary>Answers as text: tables with columns of equal width, and fields one a line.</summary>
internal static class Texts
{
    public static string Table(IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<string>> rows)
    {
        List<IReadOnlyList<string>> lines = [[.. heads.Select(h => h.ToUpperInvariant())], .. rows];
        var widths = heads.Select((_, column) => lines.Max(l => l[column].Length)).ToList();
        return string.Join('\n', lines.Select(l => string.Join("  ", l.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd()));
    }

    public static string Fields(params (string Name, string Value)[] fields)
    {
        var width = fields.Max(f => f.Name.Length) + 2;
        return string.Join('\n', fields.Select(f => f.Name.PadRight(width) + f.Value));
    }

    public static string Volumes(IReadOnlyList<VolumeInfo> volumes, string? next)
    {
        var table = Table(
            ["name", "size", "created", "id", "damage"],
            volumes.Select(v => (IReadOnlyList<string>)(v.Damage is { } damage
                ? [PlainText.Line(v.Volume.ToString()), "-", "-", v.Id, damage]
                : [PlainText.Line(v.Volume.ToString()), SizeText.Format(v.SizeBytes), Time(v.CreatedAt), v.Id, ""])));
        return next is null ? table : $"{table}\n… more: --after {next}";
    }

    public static string Rows(IReadOnlyList<string> fields, RowsFound found)
    {
        var table = Table(fields, found.Items.Select(item =>
        {
            using var row = JsonDocument.Parse(item);
            return (IReadOnlyList<string>)[.. fields.Select(field => PlainText.Line(row.RootElement.GetProperty(field).ToString()))];
        }));
        return found.Next is null ? table : $"{table}\n… more: --after {found.Next}";
    }

    public static string Volume(VolumeInfo v) => v.Damage is { } damage
        ? Fields(("name", PlainText.Line(v.Volume.ToString())), ("id", v.Id), ("damage", damage))
        : Fields(
            ("name", PlainText.Line(v.Volume.ToString())),
            ("id", v.Id),
            ("size", $"{SizeText.Format(v.SizeBytes)} ({v.SizeBytes} bytes)"),
            ("object size", SizeText.Format(v.ObjectSizeBytes)),
            ("striping", v is { StripeCount: { } count, StripeUnitBytes: { } unit } ? $"{count} objects by {SizeText.Format(unit)}" : "-"),
            ("data pool", v.DataPool ?? "-"),
            ("features", List(v.Features)),
            ("created", Time(v.CreatedAt)),
            ("parent", v.Parent ?? "-"),
            ("snapshots", v.Snapshots is { } s ? $"{s.Count}, {s.ProtectedCount} of them protected{(s.CountMax is { } limit ? $"; at most {limit}" : "")}" : "-"),
            ("children", List(v.Children)),
            ("open by", List(v.Ties?.Watchers)),
            ("locked by", List(v.Ties?.Locks)),
            ("migration", v.Migration is { } m ? PlainText.Line($"from {m.Source}, {m.State} {m.Detail}".TrimEnd()) : "-"),
            ("metadata", List([.. v.Metadata.Select(m => $"{m.Key}={m.Value}")])));

    private static string List(IReadOnlyList<string>? items) => items is null or [] ? "-" : PlainText.Line(string.Join(", ", items));

    public static string Operations(IReadOnlyList<OperationView> operations) => Table(
        ["id", "kind", "target", "state", "progress", "attempts", "executed by", "delivered by"],
        operations.Select(o => (IReadOnlyList<string>)[
            o.Id.Value, o.Command.Kind, o.Command.Volume.ToString(), Name(o.State), Percent(o.Progress),
            o.Attempts.ToString(CultureInfo.InvariantCulture), o.ExecutedBy?.Value ?? "-", o.DeliveredBy?.Value ?? "-"]));

    public static string Operation(OperationView o) => Fields(
        ("id", o.Id.Value),
        ("request id", o.RequestId.Value),
        ("kind", o.Command.Kind),
        ("target", o.Command.Volume.ToString()),
        ("source", o.Command.SourceVolume?.ToString() ?? "-"),
        ("state", o.Error is { } error ? $"{Name(o.State)}: {error.Detail}" : Name(o.State)),
        ("progress", Percent(o.Progress)),
        ("attempts", o.Attempts.ToString(CultureInfo.InvariantCulture)),
        ("cancel asked", o.CancelAsked ? "yes" : "-"),
        ("put off", o.Setback is { } s ? $"{s.Count} times since {Time(s.Since)}, next try {Time(s.NextTryAt)}: {s.Reason.Detail}" : "-"),
        ("accepted", Time(o.AcceptedAt)),
        ("started", Time(o.StartedAt)),
        ("finished", Time(o.FinishedAt)),
        ("executed by", o.ExecutedBy?.Value ?? "-"),
        ("delivered by", o.DeliveredBy?.Value ?? "-"));

    public static string Ended(OperationView o) =>
        $"{o.Command.Kind} of {o.Command.Volume} {Name(o.State)} (executed by {o.ExecutedBy?.Value ?? "-"}, delivered by {o.DeliveredBy?.Value ?? "-"})";

    public static string Accepted(OperationView o) => $"{o.Command.Kind} of {o.Command.Volume} {Name(o.State)}: {o.Id}";

    public static string Progress(OperationView o) => string.Create(CultureInfo.InvariantCulture, $"{o.Command.Kind} {o.Progress:0 %}");

    public static string Step(OperationView o) =>
        $"{o.Command.Kind} of {o.Command.Volume} {Name(o.State)} {Percent(o.Progress)} (attempt {o.Attempts}, executed by {o.ExecutedBy?.Value ?? "-"})";

    public static string Nodes(IReadOnlyList<NodeView> nodes) => Table(
        ["name", "address", "state", "dispatcher", "rbd link", "vip owner", "problem"],
        nodes.Select(n => (IReadOnlyList<string>)[
            n.Name, n.Address, n.State, Verdict(n.Health?.DispatcherOk), Verdict(n.Health?.RbdLinkOk), n.VipOwner ? "yes" : n.Health is { VipTaking: true } ? "takes it" : "", n.Problem ?? ""]));

    public static string Node(NodeView n) => Fields(
        ("name", n.Name),
        ("address", n.Address),
        ("state", n.State),
        ("dispatcher", Verdict(n.Health?.DispatcherOk)),
        ("rbd link", Verdict(n.Health?.RbdLinkOk)),
        ("since", Time(n.Health?.Since)),
        ("problem", n.Problem ?? "-"),
        ("vip owner", n.VipOwner ? "yes" : "no"));

    public static string Vip(VipHistory vip)
    {
        var now = vip.Ownerships.Count > 0 ? vip.Ownerships[0] : null;
        var fields = Fields(
            ("address", vip.Endpoint), ("owner", now?.Node.Value ?? "-"), ("epoch", $"{now?.Epoch.Value ?? 0}"), ("since", Time(now?.Since)));
        return fields + "\n\n" + Table(
            ["epoch", "owner", "since", "reason"],
            vip.Ownerships.Select(o => (IReadOnlyList<string>)[$"{o.Epoch.Value}", o.Node.Value, Time(o.Since), o.Reason]));
    }

    public static string Name(OperationState state) => state.ToString().ToLowerInvariant();

    private static string Verdict(bool? ok) => ok switch { true => "ok", false => "failed", null => "-" };

    private static string Time(DateTimeOffset? time) => time?.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture) ?? "-";

    private static string Percent(double share) => share.ToString("0.0 %", CultureInfo.InvariantCulture);
}
