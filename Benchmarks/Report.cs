using System.Globalization;
using System.Text.Json;

namespace Mooring.Benchmarks;

/// <summary>Figures of one benchmark: a table for people, a file for comparison.</summary>
internal sealed class Report(string name)
{
    private readonly List<(string Line, string Unit, double Value, double? Target, bool AtMost)> _lines = [];

    /// <summary>Adds a figure and prints it.</summary>
    /// <param name="line">What was measured.</param>
    /// <param name="unit">Its unit.</param>
    /// <param name="value">The figure.</param>
    /// <param name="target">What it should be, if there is a target.</param>
    /// <param name="atMost">Whether the target is an upper bound.</param>
    public void Add(string line, string unit, double value, double? target = null, bool atMost = true)
    {
        _lines.Add((line, unit, value, target, atMost));
        // At once: a run may take long, and may fail later.
        var verdict = target is { } bound ? $"{(atMost ? "at most" : "at least")} {Number(bound)}: {(Met(value, target, atMost) ? "met" : "MISSED")}" : "";
        Console.WriteLine($"{line,-52} {Number(value),10} {unit,-6} {verdict}");
    }

    /// <summary>Writes <c>artifacts/bench/NAME.json</c>.</summary>
    /// <returns>Whether every target is met.</returns>
    public bool Write()
    {
        Directory.CreateDirectory("artifacts/bench");
        using (var file = File.Create($"artifacts/bench/{name}.json"))
        using (var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("benchmark", name);
            json.WriteString("measured_at", DateTime.UtcNow);
            json.WriteNumber("cores", Environment.ProcessorCount);
            json.WriteStartArray("figures");
            foreach (var (line, unit, value, target, atMost) in _lines)
            {
                json.WriteStartObject();
                json.WriteString("line", line);
                json.WriteString("unit", unit);
                json.WriteNumber("value", Math.Round(value, 3));
                if (target is { } bound)
                {
                    json.WriteNumber(atMost ? "target_at_most" : "target_at_least", Math.Round(bound, 3));
                    json.WriteBoolean("met", Met(value, target, atMost));
                }
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return _lines.TrueForAll(l => Met(l.Value, l.Target, l.AtMost));
    }

    /// <summary>The value below which a share of the samples lies.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="share">0 to 1.</param>
    /// <returns>The value.</returns>
    public static double Percentile(IEnumerable<double> samples, double share)
    {
        var sorted = samples.Order().ToList();
        return sorted[(int)Math.Min(sorted.Count - 1, Math.Floor(share * sorted.Count))];
    }

    private static bool Met(double value, double? target, bool atMost) => target is not { } bound || (atMost ? value <= bound : value >= bound);

    private static string Number(double value) => value.ToString(Math.Abs(value) >= 100 ? "0" : "0.00", CultureInfo.InvariantCulture);
}
