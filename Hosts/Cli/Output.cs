using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Operations;
using Spectre.Console;

namespace Mooring.Cli;

/// <summary>What the commands print: tables for people, one JSON value for scripts, errors as one line on stderr.</summary>
internal sealed class Output(bool json)
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public bool Json { get; } = json;

    /// <summary>Whether a progress bar makes sense.</summary>
    public bool Interactive => !Json && !Console.IsErrorRedirected && !Console.IsOutputRedirected;

    public void Value<T>(T value, JsonTypeInfo<T> type, Action<T> forPeople)
    {
        if (!Json)
        {
            forPeople(value);
            return;
        }
        using var stream = Console.OpenStandardOutput();
        using (var writer = new Utf8JsonWriter(stream, Indented))
            JsonSerializer.Serialize(writer, value, type);
        stream.Write("\n"u8);
    }

    public static void Table(IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<string>> rows)
    {
        var console = Console.IsOutputRedirected
            ? AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new WideOutput(Console.Out) })
            : AnsiConsole.Console;
        var table = new Table().Border(TableBorder.None);
        foreach (var head in heads)
            table.AddColumn(new TableColumn(head.ToUpperInvariant()).NoWrap().Padding(0, 0, 2, 0));
        foreach (var row in rows)
            table.AddRow([.. row.Select(cell => new Text(PlainText.Line(cell)))]);
        console.Write(table);
    }

    public static void Volumes(IEnumerable<VolumeShape> volumes) => Table(
        ["name", "size", "created", "id", "damage"],
        volumes.Select(v => (IReadOnlyList<string>)(v.Damage is { } damage
            ? [Name(v), "-", "-", v.Id, damage]
            : [Name(v), SizeText.Format(v.SizeBytes), Time(v.CreatedAt), v.Id, ""])));

    /// <summary>What a read shows.</summary>
    public static void Rows(IReadOnlyList<string> fields, IEnumerable<JsonElement> rows) => Table(
        [.. fields.Select(field => (field.EndsWith("_at", StringComparison.Ordinal) ? field[..^3] : field).Replace("_bytes", "", StringComparison.Ordinal).Replace('_', ' '))],
        rows.Select(row => (IReadOnlyList<string>)[.. fields.Select(field => Cell(field, row.GetProperty(field)))]));

    public static void Operations(IEnumerable<OperationShape> operations) => Table(
        ["id", "kind", "target", "state", "progress", "attempts", "executed by", "delivered by"],
        operations.Select(o => (IReadOnlyList<string>)[
            o.Id, o.Kind, o.Target, o.State, Percent(o.Progress), o.Attempts.ToString(CultureInfo.InvariantCulture), o.ExecutedBy ?? "-", o.DeliveredBy ?? "-"]));

    public static void Volume(VolumeShape v)
    {
        if (v.Damage is { } damage)
        {
            Fields(("name", Name(v)), ("id", v.Id), ("damage", damage));
            return;
        }
        Fields(
            ("name", Name(v)),
            ("id", v.Id),
            ("size", $"{SizeText.Format(v.SizeBytes)} ({v.SizeBytes} bytes)"),
            ("object size", SizeText.Format(v.ObjectSizeBytes)),
            ("striping", v.StripeCount > 1 ? $"{v.StripeCount} objects by {SizeText.Format(v.StripeUnitBytes)}" : "-"),
            ("data pool", v.DataPool ?? "-"),
            ("features", List(v.Features)),
            ("created", Time(v.CreatedAt)),
            ("parent", v.Parent ?? "-"),
            ("snapshots", v.Snapshots is { } s ? $"{s.Count}, {s.ProtectedCount} of them protected{(s.Limit is { } limit ? $"; at most {limit}" : "")}" : "-"),
            ("children", List(v.Children)),
            ("open by", List(v.Watchers)),
            ("locked by", List(v.Locks)),
            ("migration", v.Migration is { } m ? $"from {m.Source}, {m.State} {m.Detail}".TrimEnd() : "-"),
            ("metadata", List([.. v.Metadata.Select(m => $"{m.Key}={m.Value}")])));
    }

    public static void Operation(OperationShape o) => Fields(
        ("id", o.Id),
        ("request id", o.RequestId),
        ("kind", o.Kind),
        ("target", o.Target),
        ("source", o.Source ?? "-"),
        ("state", o.Error is { } error ? $"{o.State}: {error.Detail}" : o.State),
        ("progress", Percent(o.Progress)),
        ("attempts", o.Attempts.ToString(CultureInfo.InvariantCulture)),
        ("cancel asked", o.CancelAsked ? "yes" : "-"),
        ("put off", o.Setback is { } s ? $"{s.Count} times since {Time(s.Since)}, next try {Time(s.NextTryAt)}: {s.Error.Detail}" : "-"),
        ("accepted", Time(o.AcceptedAt)),
        ("started", Time(o.StartedAt)),
        ("finished", Time(o.FinishedAt)),
        ("executed by", o.ExecutedBy ?? "-"),
        ("delivered by", o.DeliveredBy ?? "-"));

    public static void Fields(params (string Name, string Value)[] fields)
    {
        var width = fields.Max(f => f.Name.Length) + 2;
        foreach (var (name, value) in fields)
            Console.WriteLine($"{name.PadRight(width)}{PlainText.Line(value)}");
    }

    public void Problem(ProblemShape problem)
    {
        if (Json)
            Value(problem, HttpJson.Default.ProblemShape, _ => { });
        Error(problem.Detail);
    }

    public static void Error(string line) => Console.Error.WriteLine($"mooring: {PlainText.Line(line)}");

    public static string Time(DateTimeOffset? time) => time?.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture) ?? "-";

    public static string Percent(double share) => share.ToString("0.0 %", CultureInfo.InvariantCulture);

    private static string List(IReadOnlyList<string>? items) => items is null or [] ? "-" : string.Join(", ", items);

    private static string Cell(string field, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "-",
        JsonValueKind.True => "yes",
        JsonValueKind.False => "",
        JsonValueKind.Number when field.EndsWith("_bytes", StringComparison.Ordinal) => SizeText.Format(value.GetInt64()),
        JsonValueKind.String when value.TryGetDateTimeOffset(out var time) => Time(time),
        _ => value.ToString(),
    };

    private static string Name(VolumeShape v) => v.Namespace.Length == 0 ? $"{v.Pool}/{v.Name}" : $"{v.Pool}/{v.Namespace}/{v.Name}";

    // A pipe has no width: lines are never wrapped.
    private sealed class WideOutput(TextWriter writer) : IAnsiConsoleOutput
    {
        public TextWriter Writer { get; } = writer;

        public bool IsTerminal => false;

        public int Width => 10_000;

        public int Height => 10_000;

        public void SetEncoding(System.Text.Encoding encoding)
        {
        }
    }
}
