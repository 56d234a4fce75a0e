using System.Text.Json;

namespace MlOps.Serving.Rows;

/// <summary>Numbers as JSON.</summary>
internal static class JsonNumber
{
    /// <summary>The shortest text that reads back as the same float32; null where JSON has no word for it (NaN, infinities).</summary>
    public static void Write(Utf8JsonWriter json, float value)
    {
        if (float.IsFinite(value))
        {
            json.WriteNumberValue(value);
        }
        else
        {
            json.WriteNullValue();
        }
    }

    /// <summary>As the other, for double.</summary>
    public static void Write(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumberValue(value);
        }
        else
        {
            json.WriteNullValue();
        }
    }
}
