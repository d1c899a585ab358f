using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>One thing that a command says. It knows how that is written on a command line and in JSON.</summary>
/// <param name="name">Its name on a command line, such as <c>allow-shrink</c>.</param>
/// <param name="help">What it is, in one sentence.</param>
public abstract class Parameter(string name, string help)
{
    /// <summary>Its name on a command line, such as <c>allow-shrink</c>.</summary>
    public string Name => name;

    /// <summary>What it is, in one sentence.</summary>
    public string Help => help;

    /// <summary>Whether a command without it cannot be made.</summary>
    public virtual bool Required => true;

    /// <summary>Whether a command line names it by its place instead of by an option.</summary>
    public virtual bool Positional => false;

    /// <summary>What stands behind it in the same word of a command line, after an <c>@</c>: a volume's snapshot.</summary>
    public Parameter? Suffix { get; private protected set; }

    /// <summary>Whether it is the suffix of the parameter before it.</summary>
    public bool IsSuffix { get; private protected set; }

    /// <summary>Its name over HTTP, with the unit in it, such as <c>size_bytes</c>; empty for a volume whose parts are members of the body itself.</summary>
    public string HttpName { get; init; } = (name + UnitOf(name)).Replace('-', '_');

    /// <summary>Its name in messages and journals, such as <c>sizeBytes</c>. Never changes.</summary>
    public string JsonName { get; init; } = string.Concat((name + UnitOf(name)).Split('-').Select((word, i) => i == 0 ? word : Capital(word)));

    /// <summary>What is wrong with its value in a command.</summary>
    /// <param name="command">The command.</param>
    /// <returns>One line, or null.</returns>
    public abstract string? Invalid(VolumeCommand command);

    /// <summary>Reads it as people type it.</summary>
    /// <param name="text">What was typed.</param>
    /// <param name="given">Gets the value.</param>
    /// <param name="problem">What is wrong, in one line.</param>
    /// <returns>Whether there is a value.</returns>
    public abstract bool TryGive(string text, Given given, [NotNullWhen(false)] out string? problem);

    /// <summary>Reads it as JSON.</summary>
    /// <param name="value">The JSON value, not null.</param>
    /// <param name="given">Gets the value.</param>
    /// <exception cref="FormatException">It is something else.</exception>
    /// <exception cref="InvalidOperationException">It is something else.</exception>
    public abstract void Give(JsonElement value, Given given);

    /// <summary>Whether a command says nothing here, so that it need not be written.</summary>
    /// <param name="command">The command.</param>
    /// <returns>True when reading nothing gives its value.</returns>
    public abstract bool IsSilent(VolumeCommand command);

    /// <summary>A command's value as <see cref="TryGive"/> reads it.</summary>
    /// <param name="command">The command.</param>
    /// <returns>The text.</returns>
    public abstract string Format(VolumeCommand command);

    /// <summary>Writes a command's value as JSON.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="command">The command.</param>
    public abstract void Write(Utf8JsonWriter writer, VolumeCommand command);

    private static string UnitOf(string name) => name is "size" or "stripe-unit" || name.EndsWith("-size", StringComparison.Ordinal) ? "-bytes" : "";

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];
}

/// <summary>A parameter with a type.</summary>
/// <typeparam name="T">The type of its values.</typeparam>
/// <param name="name">As <see cref="Parameter.Name"/>.</param>
/// <param name="help">As <see cref="Parameter.Help"/>.</param>
/// <param name="get">Reads its value from a command.</param>
public abstract class Parameter<T>(string name, string help, Func<VolumeCommand, T> get) : Parameter(name, help)
{
    /// <summary>Its value in a command.</summary>
    /// <param name="command">The command.</param>
    /// <returns>The value.</returns>
    public T Of(VolumeCommand command) => get(command);

    /// <inheritdoc/>
    public sealed override string? Invalid(VolumeCommand command) => Problem(Of(command));

    /// <inheritdoc/>
    public override bool TryGive(string text, Given given, [NotNullWhen(false)] out string? problem)
    {
        if (!TryParse(text, out var value, out problem))
            return false;
        given.Set(this, value);
        return true;
    }

    /// <inheritdoc/>
    public sealed override void Give(JsonElement value, Given given) => given.Set(this, Read(value));

    /// <inheritdoc/>
    public sealed override bool IsSilent(VolumeCommand command) => !Required && EqualityComparer<T>.Default.Equals(Of(command), default);

    /// <inheritdoc/>
    public sealed override string Format(VolumeCommand command) => string.Create(CultureInfo.InvariantCulture, $"{Of(command)}");

    /// <inheritdoc/>
    public sealed override void Write(Utf8JsonWriter writer, VolumeCommand command) => Write(writer, Of(command));

    /// <summary>What is wrong with a value.</summary>
    /// <param name="value">The value.</param>
    /// <returns>One line, or null.</returns>
    protected virtual string? Problem(T value) => null;

    /// <summary>Reads a value as people type it.</summary>
    /// <param name="text">What was typed.</param>
    /// <param name="value">The value.</param>
    /// <param name="problem">What is wrong, in one line.</param>
    /// <returns>Whether there is a value.</returns>
    protected abstract bool TryParse(string text, out T value, [NotNullWhen(false)] out string? problem);

    /// <inheritdoc cref="Parameter.Give"/>
    protected abstract T Read(JsonElement value);

    /// <summary>Writes a value as JSON.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="value">The value.</param>
    protected abstract void Write(Utf8JsonWriter writer, T value);
}

/// <summary>Names a volume.</summary>
internal sealed class VolumeParameter(string name, string help, Func<VolumeCommand, VolumeId> get) : Parameter<VolumeId>(name, help, get)
{
    public const string Meaning = "pool[/namespace]/image, or image in the pool rbd.";

    public override bool Positional => true;

    public override bool TryGive(string text, Given given, [NotNullWhen(false)] out string? problem)
    {
        if (Suffix is null)
            return base.TryGive(text, given, out problem);
        problem = $"'{text}' names no snapshot: expected pool[/namespace]/image@snapshot";
        return text.IndexOf('@', StringComparison.Ordinal) is var at and > 0
            && base.TryGive(text[..at], given, out problem)
            && Suffix.TryGive(text[(at + 1)..], given, out problem);
    }

    public void Take(SnapshotParameter suffix) => Suffix = suffix;

    protected override string? Problem(VolumeId value) => value.Validate();

    protected override bool TryParse(string text, out VolumeId value, [NotNullWhen(false)] out string? problem) => VolumeId.TryParse(text, out value, out problem);

    protected override VolumeId Read(JsonElement value) => VolumeId.FromText(value.GetString()!);

    protected override void Write(Utf8JsonWriter writer, VolumeId value) => writer.WriteStringValue(value.ToString());
}

/// <summary>Names a pool and namespace: an id without an image.</summary>
internal sealed class PlaceParameter(string name, Func<VolumeCommand, VolumeId> get)
    : Parameter<VolumeId>(name, "pool[/namespace].", get)
{
    public override bool Positional => true;

    protected override string? Problem(VolumeId value) =>
        value.Image.Length > 0 ? "it has a name; a pool and namespace are meant" : (value with { Image = "x" }).Validate();

    protected override bool TryParse(string text, out VolumeId value, [NotNullWhen(false)] out string? problem)
    {
        var parts = text.Split('/', 2);
        value = new VolumeId(parts[0], parts.ElementAtOrDefault(1) ?? "", "");
        problem = (value with { Image = "x" }).Validate(namespaceNamed: parts.Length > 1);
        return problem is null;
    }

    protected override VolumeId Read(JsonElement value) =>
        TryParse(value.GetString()!, out var place, out var problem) ? place : throw new FormatException(problem);

    protected override void Write(Utf8JsonWriter writer, VolumeId value) => writer.WriteStringValue(Text(value));

    public static string Text(VolumeId place) => place.Namespace.Length == 0 ? place.Pool : $"{place.Pool}/{place.Namespace}";
}

/// <summary>A text that is not empty.</summary>
internal class TextParameter(string name, string help, int lengthMax, Func<VolumeCommand, string> get) : Parameter<string>(name, help, get)
{
    public override bool Positional => !IsOption;

    public override bool Required => !IsOption;

    /// <summary>Whether it need not be said; null then.</summary>
    public bool IsOption { get; init; }

    /// <summary>What it must not begin with.</summary>
    public string? ReservedPrefix { get; init; }

    protected override string? Problem(string value) => (value?.Length ?? -1) switch
    {
        -1 => IsOption ? null : $"{Name} is missing",
        0 => $"{Name} is empty",
        var length when length > lengthMax => $"{Name} is {length} characters long; at most {lengthMax} are allowed",
        _ when value!.Contains('\0', StringComparison.Ordinal) => $"{Name} contains the character U+0000, which is not allowed",
        _ when ReservedPrefix is not null && value.StartsWith(ReservedPrefix, StringComparison.Ordinal) =>
            $"{Name} '{value}' is reserved: it begins with {ReservedPrefix}",
        _ => null,
    };

    protected override bool TryParse(string text, out string value, [NotNullWhen(false)] out string? problem)
    {
        (value, problem) = (text, null);
        return true;
    }

    protected override string Read(JsonElement value) => value.GetString()!;

    protected override void Write(Utf8JsonWriter writer, string value) => writer.WriteStringValue(value);
}

/// <summary>The name of a snapshot.</summary>
internal sealed class SnapshotParameter(string name, string help, Func<VolumeCommand, string> get) : TextParameter(name, help, SnapshotName.LengthMax, get)
{
    protected override string? Problem(string value) => SnapshotName.Validate(value);

    /// <summary>Makes it what stands behind its volume, after an @.</summary>
    public SnapshotParameter OfVolume(VolumeParameter volume)
    {
        IsSuffix = true;
        volume.Take(this);
        return this;
    }
}

/// <summary>A whole number, at least 0.</summary>
internal sealed class CountParameter(string name, string help, Func<VolumeCommand, long> get) : Parameter<long>(name, help, get)
{
    public override bool Required => !IsOption;

    /// <summary>Whether it need not be said; 0 then.</summary>
    public bool IsOption { get; init; }

    protected override string? Problem(long value) => value < 0 ? $"{Name} must be at least 0, not {value}" : null;

    protected override bool TryParse(string text, out long value, [NotNullWhen(false)] out string? problem)
    {
        problem = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) ? null : $"{Name} '{text}' is not a whole number";
        return problem is null;
    }

    protected override long Read(JsonElement value) => value.GetInt64();

    protected override void Write(Utf8JsonWriter writer, long value) => writer.WriteNumberValue(value);
}

/// <summary>A size in bytes, above 0.</summary>
internal sealed class SizeParameter(string name, string help, Func<VolumeCommand, long> get) : Parameter<long>(name, help, get)
{
    public override bool Required => !IsOption;

    /// <summary>Whether it need not be said; 0 then.</summary>
    public bool IsOption { get; init; }

    // What RBD can address with its default object size (2^42 objects would be more; the limit of a kernel block device is lower).
    public const long BytesMax = 1L << 50;

    protected override string? Problem(long value) => value switch
    {
        0 when IsOption => null,
        <= 0 => $"{Name} must be above 0, not {value}",
        > BytesMax => $"{Name} must be at most {BytesMax} bytes, not {value}",
        _ => null,
    };

    protected override bool TryParse(string text, out long value, [NotNullWhen(false)] out string? problem)
    {
        problem = !SizeText.TryParse(text, out value) ? $"{Name} '{text}' is not a size such as 10G, 512M or 4096"
            : value <= 0 ? $"{Name} '{text}' is not above 0"
            : null;
        return problem is null;
    }

    protected override long Read(JsonElement value) => value.GetInt64();

    protected override void Write(Utf8JsonWriter writer, long value) => writer.WriteNumberValue(value);
}

/// <summary>Something that is so or not; not when it is not said.</summary>
internal sealed class FlagParameter(string name, string help, Func<VolumeCommand, bool> get) : Parameter<bool>(name, help, get)
{
    public override bool Required => false;

    protected override bool TryParse(string text, out bool value, [NotNullWhen(false)] out string? problem)
    {
        problem = bool.TryParse(text, out value) ? null : $"{Name} '{text}' is neither true nor false";
        return problem is null;
    }

    protected override bool Read(JsonElement value) => value.GetBoolean();

    protected override void Write(Utf8JsonWriter writer, bool value) => writer.WriteBooleanValue(value);
}

/// <summary>A time in whole seconds, that need not be said; 0 then.</summary>
internal sealed class TimeParameter(string name, string help, Func<VolumeCommand, long> get) : Parameter<long>(name, help, get)
{
    public override bool Required => false;

    protected override string? Problem(long value) =>
        value is < 0 or > TimeText.SecondsMax ? $"{Name} must be from 0 to {TimeText.SecondsMax} seconds, not {value}" : null;

    protected override bool TryParse(string text, out long value, [NotNullWhen(false)] out string? problem)
    {
        problem = TimeText.TryParse(text, out value) ? null : $"{Name} '{text}' is not a time such as 7d, 12h or 90s";
        return problem is null;
    }

    protected override long Read(JsonElement value) => value.GetInt64();

    protected override void Write(Utf8JsonWriter writer, long value) => writer.WriteNumberValue(value);
}

/// <summary>Features of an image by their names, as <c>a,b</c> in the order in which Ceph has them.</summary>
internal class FeaturesParameter(string name, string help, Func<VolumeCommand, string> get) : Parameter<string>(name, help, get)
{
    public override bool Positional => true;

    protected override string? Problem(string value) => value is null ? $"{Name} is missing" : ProblemOf(value.Split(','));

    protected sealed override bool TryParse(string text, out string value, [NotNullWhen(false)] out string? problem)
    {
        var names = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        value = InOrder(names);
        problem = ProblemOf(names);
        return problem is null;
    }

    protected sealed override string Read(JsonElement value) => InOrder([.. value.EnumerateArray().Select(name => name.GetString() ?? "")]);

    protected sealed override void Write(Utf8JsonWriter writer, string value)
    {
        writer.WriteStartArray();
        foreach (var feature in value.Split(','))
            writer.WriteStringValue(feature);
        writer.WriteEndArray();
    }

    protected virtual string? ProblemOf(IReadOnlyList<string> names) =>
        names.FirstOrDefault(feature => !ImageLayout.KnownFeatures.Contains(feature)) is { } unknown
            ? $"{Name}: '{unknown}' is not one of {string.Join(", ", ImageLayout.KnownFeatures)}"
            : null;

    private static string InOrder(IReadOnlyList<string> names) =>
        string.Join(',', ImageLayout.KnownFeatures.Where(names.Contains).Concat(names.Except(ImageLayout.KnownFeatures)));
}

/// <summary>All the features of a new image; null when not said.</summary>
internal sealed class NewFeaturesParameter(string name, Func<VolumeCommand, string> get)
    : FeaturesParameter(name, $"Its features, of {string.Join(',', ImageLayout.KnownFeatures)}.", get)
{
    public override bool Required => false;

    public override bool Positional => false;

    protected override string? Problem(string value) => value is null ? null : base.Problem(value);

    protected override string? ProblemOf(IReadOnlyList<string> names) => base.ProblemOf(names)
        ?? Lacks(names, "object-map", "exclusive-lock") ?? Lacks(names, "fast-diff", "object-map") ?? Lacks(names, "journaling", "exclusive-lock");

    // What librbd refuses without saying why.
    private string? Lacks(IReadOnlyList<string> names, string feature, string needed) =>
        names.Contains(feature) && !names.Contains(needed) ? $"{Name}: {feature} needs {needed}" : null;
}
