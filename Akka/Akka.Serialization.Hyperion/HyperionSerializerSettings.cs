using Akka.Configuration;

namespace Akka.Serialization;

/// <summary>Settings of <see cref="HyperionSerializer"/>, from <c>akka.actor.serialization-settings.hyperion</c> or built in code.</summary>
public sealed class HyperionSerializerSettings
{
    internal const int DefaultDepthMax = 512;

    /// <summary>The settings of an empty configuration.</summary>
    public static readonly HyperionSerializerSettings Default = new(true, true, typeof(NoKnownTypes));

    /// <summary>Whether objects that are referenced twice, and cycles, are kept.</summary>
    public readonly bool PreserveObjectReferences;

    /// <summary>Whether field names travel, so that both sides may differ in fields.</summary>
    public readonly bool VersionTolerance;

    /// <summary>The <see cref="IKnownTypesProvider"/> whose types are sent as numbers.</summary>
    public readonly Type KnownTypesProvider;

    /// <summary>Changes to type names before they are looked up (an assembly was renamed).</summary>
    public readonly IEnumerable<Func<string, string>> PackageNameOverrides;

    /// <summary>Whether platform types outside the safe set are refused.</summary>
    public readonly bool DisallowUnsafeType;

    internal readonly IReadOnlyList<string> AllowedTypes;
    internal readonly int DepthMax;

    /// <summary>Settings with the given behaviour; unsafe types are refused.</summary>
    public HyperionSerializerSettings(bool preserveObjectReferences, bool versionTolerance, Type knownTypesProvider)
        : this(preserveObjectReferences, versionTolerance, knownTypesProvider, [])
    {
    }

    /// <summary>Settings with the given behaviour and renamed types; unsafe types are refused.</summary>
    public HyperionSerializerSettings(
        bool preserveObjectReferences,
        bool versionTolerance,
        Type knownTypesProvider,
        IEnumerable<Func<string, string>> packageNameOverrides)
        : this(preserveObjectReferences, versionTolerance, knownTypesProvider, packageNameOverrides, true, [], DefaultDepthMax)
    {
    }

    internal HyperionSerializerSettings(
        bool preserveObjectReferences,
        bool versionTolerance,
        Type? knownTypesProvider,
        IEnumerable<Func<string, string>> packageNameOverrides,
        bool disallowUnsafeType,
        IReadOnlyList<string> allowedTypes,
        int depthMax)
    {
        knownTypesProvider ??= typeof(NoKnownTypes);
        if (!typeof(IKnownTypesProvider).IsAssignableFrom(knownTypesProvider))
            throw new ArgumentException($"Known types provider must implement {nameof(IKnownTypesProvider)}: {knownTypesProvider}", nameof(knownTypesProvider));

        PreserveObjectReferences = preserveObjectReferences;
        VersionTolerance = versionTolerance;
        KnownTypesProvider = knownTypesProvider;
        PackageNameOverrides = packageNameOverrides;
        DisallowUnsafeType = disallowUnsafeType;
        AllowedTypes = allowedTypes;
        DepthMax = depthMax;
    }

    /// <summary>Reads the settings from the section <c>akka.actor.serialization-settings.hyperion</c>.</summary>
    public static HyperionSerializerSettings Create(Config config)
    {
        if (config is null || config.IsEmpty)
            throw new ConfigurationException("Cannot create HyperionSerializerSettings: akka.actor.serialization-settings.hyperion is missing");

        var providerName = config.GetString("known-types-provider", null);
        var provider = string.IsNullOrEmpty(providerName) ? typeof(NoKnownTypes) : Type.GetType(providerName);
        if (provider is null)
            throw new ConfigurationException($"akka.actor.serialization-settings.hyperion.known-types-provider: no type {providerName}");

        return new HyperionSerializerSettings(
            config.GetBoolean("preserve-object-references", true),
            config.GetBoolean("version-tolerance", true),
            provider,
            [],
            config.GetBoolean("disallow-unsafe-type", true),
            [.. config.GetStringList("allowed-types", [])],
            config.GetInt("max-depth", DefaultDepthMax));
    }

    /// <summary>These settings with another value of <see cref="PreserveObjectReferences"/>.</summary>
    public HyperionSerializerSettings WithPreserveObjectReference(bool preserveObjectReferences) =>
        new(preserveObjectReferences, VersionTolerance, KnownTypesProvider, PackageNameOverrides, DisallowUnsafeType, AllowedTypes, DepthMax);

    /// <summary>These settings with another value of <see cref="VersionTolerance"/>.</summary>
    public HyperionSerializerSettings WithVersionTolerance(bool versionTolerance) =>
        new(PreserveObjectReferences, versionTolerance, KnownTypesProvider, PackageNameOverrides, DisallowUnsafeType, AllowedTypes, DepthMax);

    /// <summary>These settings with another <see cref="KnownTypesProvider"/>.</summary>
    public HyperionSerializerSettings WithKnownTypesProvider(Type knownTypesProvider) =>
        new(PreserveObjectReferences, VersionTolerance, knownTypesProvider, PackageNameOverrides, DisallowUnsafeType, AllowedTypes, DepthMax);

    /// <summary>These settings with other <see cref="PackageNameOverrides"/>.</summary>
    public HyperionSerializerSettings WithPackageNameOverrides(IEnumerable<Func<string, string>> packageNameOverrides) =>
        new(PreserveObjectReferences, VersionTolerance, KnownTypesProvider, packageNameOverrides, DisallowUnsafeType, AllowedTypes, DepthMax);

    /// <summary>These settings with another value of <see cref="DisallowUnsafeType"/>.</summary>
    public HyperionSerializerSettings WithDisallowUnsafeType(bool disallowUnsafeType) =>
        new(PreserveObjectReferences, VersionTolerance, KnownTypesProvider, PackageNameOverrides, disallowUnsafeType, AllowedTypes, DepthMax);

    internal HyperionSerializerSettings WithAllowedTypes(IReadOnlyList<string> allowedTypes) =>
        new(PreserveObjectReferences, VersionTolerance, KnownTypesProvider, PackageNameOverrides, DisallowUnsafeType, allowedTypes, DepthMax);
}
