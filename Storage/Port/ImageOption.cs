namespace Mooring.Storage;

/// <summary>An option of librbd that can be set for one image, such as <c>rbd_qos_iops_limit</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value for the image.</param>
/// <param name="Source">Where the value comes from: <c>image</c>, <c>pool</c>, or <c>config</c> for the configuration of the store's client.</param>
public sealed record ImageOption(string Name, string Value, string Source)
{
    /// <summary>The metadata key of an option that is set for an image is this and its name.</summary>
    public const string KeyPrefix = "conf_";

    /// <summary>The source of what is set for the image itself.</summary>
    public const string OfImage = "image";
}
