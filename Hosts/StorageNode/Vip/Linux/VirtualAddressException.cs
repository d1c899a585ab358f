namespace Mooring.StorageNode.Vip.Linux;

/// <summary>The address cannot be put on; the message says why in one line.</summary>
internal sealed class VirtualAddressException(string message, Exception? inner = null) : Exception(message, inner);
