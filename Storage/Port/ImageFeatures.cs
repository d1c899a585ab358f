using Mooring.Messages;

namespace Mooring.Storage;

/// <summary>Which features of an image can be switched on and off, as librbd has it; it says no more than EINVAL.</summary>
public static class ImageFeatures
{
    /// <summary>The journal of what is written to an image.</summary>
    public const string Journaling = "journaling";

    private const string ExclusiveLock = "exclusive-lock", ObjectMap = "object-map", FastDiff = "fast-diff";

    /// <summary>What can be enabled.</summary>
    public static IReadOnlyList<string> CanBeEnabled { get; } = [ExclusiveLock, ObjectMap, FastDiff, Journaling];

    /// <summary>What can be disabled.</summary>
    public static IReadOnlyList<string> CanBeDisabled { get; } = [ExclusiveLock, ObjectMap, FastDiff, "deep-flatten", Journaling];

    /// <summary>The features that change with others: an object map and what is kept in it come and go together.</summary>
    /// <param name="features">The features to change.</param>
    /// <returns>All that change.</returns>
    public static IReadOnlyList<string> Together(IReadOnlyList<string> features) =>
        features.Contains(ObjectMap) || features.Contains(FastDiff) ? [.. features.Union([ObjectMap, FastDiff])] : features;

    /// <summary>Refuses what can never be changed.</summary>
    /// <param name="features">The features to change.</param>
    /// <param name="enabled">Whether to enable or to disable them.</param>
    /// <param name="what">What is tried, for the error.</param>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.InvalidArgument"/>.</exception>
    public static void RequireKnown(IReadOnlyList<string> features, bool enabled, string what)
    {
        var known = enabled ? CanBeEnabled : CanBeDisabled;
        if (features.Count == 0 || features.Any(feature => !known.Contains(feature)))
            throw new BlockStoreException(ErrorKind.InvalidArgument, $"cannot {what}: only {string.Join(", ", known)} can be", 22);
    }

    /// <summary>Why features cannot be enabled or disabled.</summary>
    /// <param name="present">The features that the image has.</param>
    /// <param name="features">The features to change.</param>
    /// <param name="enabled">Whether to enable or to disable them.</param>
    /// <returns>One line; null when they can.</returns>
    public static string? Problem(IReadOnlyList<string> present, IReadOnlyList<string> features, bool enabled)
    {
        var after = enabled ? present.Union(Together(features)).ToList() : [.. present.Except(Together(features))];
        return features.FirstOrDefault(feature => present.Contains(feature) == enabled) is { } already
                ? $"{already} is {(enabled ? "enabled already" : "not enabled")}"
            : after.Contains(ObjectMap) && !after.Contains(ExclusiveLock) ? Needs(ObjectMap)
            : after.Contains(Journaling) && !after.Contains(ExclusiveLock) ? Needs(Journaling)
            : null;

        static string Needs(string feature) => $"{feature} needs {ExclusiveLock}";
    }
}
