namespace Akka.Util;

/// <summary>Writes whole lines to the console without mixing those of several threads.</summary>
public static class StandardOutWriter
{
    private static readonly Lock Gate = new();

    public static void Write(string message, ConsoleColor? foregroundColor = null, ConsoleColor? backgroundColor = null) =>
        Output(message, Console.Write, foregroundColor, backgroundColor);

    public static void WriteLine(string message, ConsoleColor? foregroundColor = null, ConsoleColor? backgroundColor = null) =>
        Output(message, Console.WriteLine, foregroundColor, backgroundColor);

    private static void Output(string message, Action<string> write, ConsoleColor? foreground, ConsoleColor? background)
    {
        lock (Gate)
        {
            if (Console.IsOutputRedirected || foreground is null && background is null)
            {
                write(message);
                return;
            }

            if (foreground is { } f) Console.ForegroundColor = f;
            if (background is { } b) Console.BackgroundColor = b;
            try
            {
                write(message);
            }
            finally
            {
                Console.ResetColor();
            }
        }
    }
}
