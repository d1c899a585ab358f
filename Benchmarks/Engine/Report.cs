using System.Globalization;
using System.Text.Json;

namespace Mooring.Benchmarks.Engine;

/// <summary>What the machine does without any engine; the figures of official Akka.NET are scaled by these.</summary>
internal enum BaseLine
{
    /// <summary>The line is not compared by speed.</summary>
    None,

    /// <summary>Two tasks and two channels, messages a second.</summary>
    Channel,

    /// <summary>A blocking TCP socket of another process, round trips a second.</summary>
    Tcp,

    /// <summary>SQLite, one row a transaction, rows a second.</summary>
    Sqlite,
}

/// <summary>One line of the table.</summary>
/// <param name="Name">As the table names it.</param>
/// <param name="Unit">What is counted.</param>
/// <param name="Official">Official Akka.NET 1.5.27 on the machine of the recorded base lines.</param>
/// <param name="Factor">How many times the scaled official figure is wanted.</param>
/// <param name="ScaledBy">The base line that scales the official figure.</param>
/// <param name="AtMost">A bound instead of a comparison; smaller is better then.</param>
internal sealed record Line(string Name, string Unit, double? Official, double Factor, BaseLine ScaledBy, double? AtMost = null);

/// <summary>A figure or the value of a base line, on its way from the process that measured it.</summary>
internal sealed record Measured(Line? Line, BaseLine BaseLine, double Value, double? BytesEach);

/// <summary>The medians of one run: a table for people, <c>artifacts/bench/engine.json</c> for comparison.</summary>
/// <param name="isPart">Whether this is the process of a part, which only tells what it measures.</param>
internal sealed class Report(bool isPart)
{
    private static readonly Dictionary<BaseLine, (string Name, double Recorded)> Recorded = new()
    {
        [BaseLine.Channel] = ("channel ping-pong, messages/s", 2.6e6),
        [BaseLine.Tcp] = ("raw TCP blocking round trip, /s", 17.5e3),
        [BaseLine.Sqlite] = ("SQLite one row a transaction, /s", 1.8e3),
    };

    private readonly Dictionary<BaseLine, List<double>> _baseLines = [];
    private readonly List<(Line Line, double Value, double? BytesEach)> _figures = [];

    /// <summary>A base line. They change while others use the machine: each is measured several times, between the lines that it scales.</summary>
    public void Base(BaseLine line, double value) => Take(new Measured(null, line, value, null));

    /// <summary>A figure.</summary>
    public void Add(Line line, double value, double? bytesEach) => Take(new Measured(line, BaseLine.None, value, bytesEach));

    /// <summary>What the process of a part says.</summary>
    public void Take(string said)
    {
        if (said.StartsWith('{'))
            Take(JsonSerializer.Deserialize<Measured>(said)!);
        else
            Console.WriteLine(said);
    }

    private void Take(Measured measured)
    {
        if (isPart)
        {
            Console.WriteLine(JsonSerializer.Serialize(measured));
            return;
        }
        if (measured.Line is { } line)
        {
            _figures.Add((line, measured.Value, measured.BytesEach));
            Console.WriteLine($"  {line.Name}: {Number(measured.Value)} {line.Unit}");
            return;
        }
        if (!_baseLines.TryGetValue(measured.BaseLine, out var values))
            _baseLines[measured.BaseLine] = values = [];
        values.Add(measured.Value);
        Console.WriteLine($"  {Recorded[measured.BaseLine].Name}: {Number(measured.Value)}");
    }

    /// <summary>Prints the table and writes the file.</summary>
    /// <returns>Whether every goal is met.</returns>
    public bool Write(string path)
    {
        foreach (var line in _baseLines.Keys)
            Console.WriteLine($"{Recorded[line].Name,-54} {Number(Here(line)),10}   (where official was measured: {Number(Recorded[line].Recorded)})");
        foreach (var (line, value, bytesEach) in _figures)
            Print(line, value, bytesEach);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var file = File.Create(path);
        using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("benchmark", "engine");
        json.WriteString("engine", Program.EngineName);
        json.WriteString("measured_at", DateTime.UtcNow);
        json.WriteNumber("cores", Environment.ProcessorCount);
        json.WriteStartArray("base_lines");
        foreach (var line in _baseLines.Keys)
        {
            json.WriteStartObject();
            json.WriteString("line", Recorded[line].Name);
            json.WriteNumber("value", Math.Round(Here(line), 3));
            json.WriteNumber("where_official_was_measured", Recorded[line].Recorded);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("figures");
        foreach (var (line, value, bytesEach) in _figures)
            Write(json, line, value, bytesEach);
        json.WriteEndArray();
        json.WriteEndObject();
        return _figures.TrueForAll(f => Met(f.Line, f.Value));
    }

    private void Print(Line line, double value, double? bytesEach)
    {
        var bytes = bytesEach is { } each ? Number(each) + " B" : "";
        var official = Scaled(line) is { } scaled ? $"official {Number(scaled)}, {Ratio(line, value)}" : "";
        Console.WriteLine($"{line.Name,-54} {Number(value),10} {line.Unit,-14} {bytes,9}   {official,-26} {Wanted(line)}: {(Met(line, value) ? "met" : "MISSED")}");
    }

    private void Write(Utf8JsonWriter json, Line line, double value, double? bytesEach)
    {
        json.WriteStartObject();
        json.WriteString("line", line.Name);
        json.WriteString("unit", line.Unit);
        json.WriteNumber("value", Math.Round(value, 3));
        if (bytesEach is { } each)
            json.WriteNumber("allocated_bytes_each", Math.Round(each, 1));
        if (line.Official is { } official)
            json.WriteNumber("official", official);
        if (Scaled(line) is { } scaled)
            json.WriteNumber("official_scaled", Math.Round(scaled, 3));
        json.WriteString("goal", Wanted(line));
        json.WriteBoolean("met", Met(line, value));
        json.WriteEndObject();
    }

    private static string Wanted(Line line) => line.AtMost is { } bound
        ? $"at most {Number(bound)} {line.Unit}"
        : $"goal {line.Factor.ToString("0.0#", CultureInfo.InvariantCulture)} x";

    // Not every line is compared with a figure that the base lines scale, and a run of chosen lines may have none.
    private double? Scaled(Line line) => line.Official is { } official
        ? line.ScaledBy != BaseLine.None && _baseLines.ContainsKey(line.ScaledBy) ? official * Here(line.ScaledBy) / Recorded[line.ScaledBy].Recorded : official
        : null;

    private double Here(BaseLine line) => Bench.Median([.. _baseLines[line]]);

    private bool Met(Line line, double value) => line.AtMost is { } bound ? value <= bound : Scaled(line) is not { } scaled || value >= line.Factor * scaled;

    private string Ratio(Line line, double value) => (value / Scaled(line)!.Value).ToString("0.00", CultureInfo.InvariantCulture) + " x";

    private static string Number(double value) => value switch
    {
        >= 1e6 => (value / 1e6).ToString("0.00", CultureInfo.InvariantCulture) + " M",
        >= 1e4 => (value / 1e3).ToString("0.0", CultureInfo.InvariantCulture) + " k",
        >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.00", CultureInfo.InvariantCulture),
    };
}
