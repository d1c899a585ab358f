namespace Mooring.Storage.Embedded;

/// <summary>
/// A little space that is kept back, so that on a full disk images can still be removed, which needs to write to the database.
/// </summary>
internal sealed class Reserve(string directory)
{
    private const int Bytes = 4 << 20;

    private readonly string _path = Path.Combine(directory, "reserve");

    /// <summary>Gives the space back to the file system.</summary>
    /// <returns>Whether there was any.</returns>
    public bool Release()
    {
        try
        {
            using var file = File.OpenHandle(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            if (RandomAccess.GetLength(file) == 0)
                return false;
            RandomAccess.SetLength(file, 0);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The full disk is the failure to report.
            return false;
        }
    }

    /// <summary>Takes the space if it is there to take.</summary>
    public void Fill()
    {
        try
        {
            using var file = File.OpenHandle(_path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
            // Not zeros, which a compressing file system would not store.
            if (RandomAccess.GetLength(file) < Bytes)
            {
                var bytes = new byte[Bytes];
                new Random(1).NextBytes(bytes);
                RandomAccess.Write(file, bytes, 0);
            }
        }
        catch (IOException)
        {
            // Full already. A part of it serves as well.
        }
    }
}
