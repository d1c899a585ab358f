using System.Runtime.InteropServices;
using System.Text;

namespace Mooring.Storage.Ceph.Native;

/// <summary>Text as the C interfaces give it.</summary>
internal static unsafe class NativeText
{
    /// <summary>A NUL-terminated string; empty for null.</summary>
    public static string Read(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";

    /// <summary>A text with the NUL behind it that C expects.</summary>
    public static byte[] Terminated(string text) => Encoding.UTF8.GetBytes(text + '\0');

    /// <summary>A list of NUL-terminated strings one after the other, as in rados_pool_list.</summary>
    public static List<string> SplitList(ReadOnlySpan<byte> bytes)
    {
        var items = new List<string>();
        while (bytes.IndexOf((byte)0) is var end && end > 0)
        {
            items.Add(Encoding.UTF8.GetString(bytes[..end]));
            bytes = bytes[(end + 1)..];
        }
        return items;
    }
}
