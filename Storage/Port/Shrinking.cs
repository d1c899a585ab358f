namespace Mooring.Storage;

/// <summary>Whether an image may become smaller; data beyond its new end are lost.</summary>
public enum Shrinking
{
    /// <summary>It may not.</summary>
    Never,

    /// <summary>It may, unless somebody has it open to write.</summary>
    Unused,

    /// <summary>It may, whoever has it open.</summary>
    Always,
}
